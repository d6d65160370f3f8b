import type { PrivateKey } from 'openpgp';
import { ZstdMissing } from '../compression/zstd.ts';
import { Failure } from '../failure.ts';
import { type Bytes, CorruptMessage } from '../openpgp/bytes.ts';
import { decryptMessage } from '../openpgp/decrypt.ts';
import { holdBack } from '../openpgp/hold-back.ts';
import { loadPrivateKeys } from '../openpgp/keys.ts';
import { giveBack } from '../openpgp/lent-memory.ts';
import { collectionMark, type LiteralHeader } from '../openpgp/origin.ts';
import { NoMatchingKey } from '../openpgp/session-key.ts';
import { failingAs } from '../operation.ts';
import { type Download, openDownload, type SeenVersion } from '../repository/download.ts';
import type { DownloadSettings, RestoreSettings } from '../settings/settings.ts';
import { accessOf, type CommandContext } from './context.ts';

/** Kept back until everything is verified: at least this much is missing when something is wrong. */
const heldBytes = 64 * 1024;

async function* classified(source: Bytes): AsyncGenerator<Buffer> {
  try {
    yield* source;
  } catch (cause) {
    if (cause instanceof NoMatchingKey) throw new Failure('cannotDecrypt', cause.message, { stage: 'decrypt', cause });
    if (cause instanceof ZstdMissing) throw new Failure('internal', cause.message, { stage: 'decrypt', cause });
    if (cause instanceof CorruptMessage) throw new Failure('corrupt', cause.message, { stage: 'decrypt', cause });
    throw cause;
  }
}

export interface OpenedVersion {
  /** What is restored. Its last part comes only after the digest and the proof of integrity were found right. */
  readonly data: AsyncGenerator<Buffer>;
  readonly download: Download;
}

type ReadingSettings = RestoreSettings | DownloadSettings;

export const loadKeys = async (settings: ReadingSettings, { logger }: CommandContext): Promise<PrivateKey[]> => {
  const { privateKeyPath, recipients, passphrase } = settings;
  if (privateKeyPath !== undefined) {
    return await loadPrivateKeys({ path: privateKeyPath, recipients, stage: 'decrypt' }, passphrase);
  }
  logger.warn('NO DECRYPTION: no private key was given, the stored bytes are passed on as they are');
  return [];
};

/** A version says inside its encryption where and when it was made: another one is refused before any of it is given. */
const acceptance =
  ({ collection, anyCollection, notBefore }: ReadingSettings, { logger }: CommandContext) =>
  ({ origin }: LiteralHeader): void => {
    const refuse = (reason: string): never => {
      throw new Failure('anotherVersion', reason, { stage: 'verify' });
    };
    if (origin && origin.collection !== collectionMark(collection)) {
      const reason = `it was made in collection ${JSON.stringify(origin.collection)}, not in ${collection}`;
      if (!anyCollection) refuse(`${reason}; --any-collection restores it all the same`);
      logger.warn('Accepted a version of another collection (--any-collection)', { collection, reason });
    }
    const made = origin?.made;
    if (notBefore && (!made || made < notBefore)) {
      const when = made ? `was made at ${made.toISOString()}` : 'does not say when it was made';
      refuse(`the version ${when}, and --not-before asks for ${notBefore.toISOString()} or later`);
    }
    if (made)
      logger.info('The version says where it is from', { collection: origin.collection, made: made.toISOString() });
  };

/** To the end, and nothing of it is kept. */
const verify = async (opened: OpenedVersion, { logger }: CommandContext): Promise<SeenVersion> => {
  let bytes = 0;
  for await (const piece of opened.data) {
    bytes += piece.length;
    giveBack(piece);
  }
  const seen = opened.download.seen();
  logger.info('The whole version is good', { bytes, sha256: seen.sha256 });
  return seen;
};

/** `latest` is no name that anybody finds again. */
const tellVersion = (
  { collection, version: asked }: ReadingSettings,
  { version }: Download,
  context: CommandContext,
) => {
  if (version !== undefined) context.logger.info('Version opened', { collection, version, asked });
};

/**
 * Opens a version for reading; the keys are loaded before the server is asked. With `verifyFirst` all of it was read and
 * decrypted once before, and what is read now are the same bytes.
 */
export const openVersion = async (settings: ReadingSettings, context: CommandContext): Promise<OpenedVersion> => {
  const keys = await loadKeys(settings, context);
  const open = async (seen?: SeenVersion): Promise<OpenedVersion> => {
    const download = await openDownload(accessOf(settings, context), settings.version, seen);
    if (!seen) tellVersion(settings, download, context);
    const plain =
      keys.length > 0 ? classified(decryptMessage(download.body, keys, acceptance(settings, context))) : download.body;
    return { data: holdBack(failingAs(plain, 'corrupt', 'decrypt'), heldBytes), download };
  };
  if (!('verifyFirst' in settings) || !settings.verifyFirst) return await open();
  return await open(await verify(await open(), context));
};
