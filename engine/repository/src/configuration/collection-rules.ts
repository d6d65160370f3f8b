import {
  type BackupWindow,
  type CollectionLimits,
  extraBytes,
  parseBackupWindow,
  parseSize,
  type RetentionPolicy,
} from '@backstay/shared';
import type { CollectionDocument } from './documents.ts';
import { MisconfiguredError } from './misconfigured-error.ts';
import { olderCopiesOf, readRetention } from './retention-rules.ts';

/** What a collection demands of an upload, ready to use. */
export interface CollectionRules {
  readonly limits: CollectionLimits & { readonly retention: RetentionPolicy };
  readonly windows: readonly BackupWindow[];
}

const placeholder = '${version}';
const maxTemplateLength = 200;
const templateSyntax = /^(?!.*\.attrs$)[A-Za-z0-9._-]*\$\{version\}[A-Za-z0-9._-]*$/;

const readSize = (field: string, text: string): number => {
  const bytes = parseSize(text);
  if (bytes === undefined) {
    throw new MisconfiguredError(`error parsing value=${text} of ${field}`);
  }
  return bytes;
};

/** Sizes and the greatest count; what is retained within them says `readRules`. */
export const readLimits = (document: CollectionDocument): CollectionLimits => {
  const limits = {
    maxVersions: document.maxBackupsCount + olderCopiesOf(document),
    maxVersionBytes: readSize('maxOneVersionSize', document.maxOneVersionSize),
    maxTotalBytes: readSize('maxCollectionSize', document.maxCollectionSize),
  };
  if (document.maxBackupsCount < 1) {
    throw new MisconfiguredError('maxBackupsCount must be 1 or more');
  }
  if (extraBytes(limits) < 0) {
    throw new MisconfiguredError(
      document.strategyName === 'fifo-plus-older'
        ? 'maxCollectionSize is smaller than maxBackupsCount and maxOlderCopies together times maxOneVersionSize'
        : 'maxCollectionSize is smaller than maxBackupsCount times maxOneVersionSize',
    );
  }
  return limits;
};

export const readWindows = (document: CollectionDocument, timeZone: string): BackupWindow[] =>
  document.windows.map((definition) => {
    const result = parseBackupWindow(definition, { timeZone });
    if (!result.ok) {
      throw new MisconfiguredError(result.message);
    }
    return result.window;
  });

export const readRules = (document: CollectionDocument, timeZone: string): CollectionRules => {
  const { filenameTemplate } = document;
  if (filenameTemplate.length > maxTemplateLength || !templateSyntax.test(filenameTemplate)) {
    throw new MisconfiguredError(
      `filenameTemplate must hold ${placeholder} once, and beside it only letters, digits, dots, dashes and underscores`,
    );
  }
  const limits = { ...readLimits(document), retention: readRetention(document) };
  return { limits, windows: readWindows(document, timeZone) };
};

export const filenameOf = (template: string, versionNumber: number): string =>
  template.replace(placeholder, () => String(versionNumber));
