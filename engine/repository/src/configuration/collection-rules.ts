import { type BackupWindow, type CollectionLimits, extraBytes, parseBackupWindow, parseSize } from '@backstay/shared';
import type { CollectionDocument } from './documents.ts';
import { MisconfiguredError } from './misconfigured-error.ts';

/** What a collection demands of an upload, ready to use. */
export interface CollectionRules {
  readonly limits: CollectionLimits;
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

export const readLimits = (document: CollectionDocument): CollectionLimits => {
  const limits = {
    maxVersions: document.maxBackupsCount,
    maxVersionBytes: readSize('maxOneVersionSize', document.maxOneVersionSize),
    maxTotalBytes: readSize('maxCollectionSize', document.maxCollectionSize),
  };
  if (limits.maxVersions < 1) {
    throw new MisconfiguredError('maxBackupsCount must be 1 or more');
  }
  if (extraBytes(limits) < 0) {
    throw new MisconfiguredError('maxCollectionSize is smaller than maxBackupsCount times maxOneVersionSize');
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
  return { limits: readLimits(document), windows: readWindows(document, timeZone) };
};

export const filenameOf = (template: string, versionNumber: number): string =>
  template.replace(placeholder, () => String(versionNumber));
