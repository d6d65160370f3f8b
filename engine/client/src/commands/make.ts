import { jobMessages } from '@backstay/shared/rules/job-log';
import type { PublicKey } from 'openpgp';
import { hasZstd } from '../compression/zstd.ts';
import { asFailure, Failure } from '../failure.ts';
import { Progress } from '../log/progress.ts';
import { writeArmor } from '../openpgp/armor-writer.ts';
import type { Bytes } from '../openpgp/bytes.ts';
import { type Compression, encryptMessage } from '../openpgp/encrypt.ts';
import { gather } from '../openpgp/gather.ts';
import { loadPublicKeys } from '../openpgp/keys.ts';
import type { Origin } from '../openpgp/origin.ts';
import { failingAs, moving } from '../operation.ts';
import { ShellCommand } from '../process/shell-command.ts';
import { openUpload } from '../repository/open-upload.ts';
import { sizeBefore } from '../repository/size-before.ts';
import type { StoredVersion, UploadTarget } from '../repository/upload-target.ts';
import type { MakeSettings } from '../settings/settings.ts';
import { accessOf, type CommandContext } from './context.ts';

const loadRecipients = async (settings: MakeSettings, { logger }: CommandContext): Promise<PublicKey[]> => {
  const { publicKeyPath, recipients } = settings;
  if (publicKeyPath !== undefined) return await loadPublicKeys({ path: publicKeyPath, recipients, stage: 'encrypt' });
  logger.warn('NO ENCRYPTION: no public key was given, the dump is sent and stored as it is');
  return [];
};

const storedForm = (plain: Bytes, recipients: readonly PublicKey[], form: Form): Bytes => {
  if (recipients.length === 0) return plain;
  const message = failingAs(encryptMessage(plain, { recipients, ...form }), 'encryptFailed', 'encrypt');
  return form.armor ? writeArmor(message) : message;
};

interface Form {
  readonly armor: boolean;
  readonly compression: Compression;
  readonly origin: Origin;
}

/** What is stored as text is read by whatever reads from that server, which may be gpg and nothing else. */
const formFor = (settings: MakeSettings, format: UploadTarget['format']): Form => {
  const armor = settings.armor === 'auto' ? format === 'armor' : settings.armor === 'true';
  const origin = { collection: settings.collection, made: new Date() };
  if (settings.compression !== 'auto') return { armor, compression: settings.compression, origin };
  return { armor, compression: armor || !hasZstd ? 'none' : 'zstd', origin };
};

const assertSize = (bytes: number, least: number): void => {
  if (bytes === 0) throw new Failure('dumpEmpty', 'the command wrote nothing', { stage: 'dump' });
  if (bytes >= least) return;
  const reason = `the command wrote ${bytes} bytes, and --min-size asks for at least ${least}`;
  throw new Failure('dumpTooSmall', reason, { stage: 'dump' });
};

interface Transfer {
  readonly settings: MakeSettings;
  readonly context: CommandContext;
  readonly recipients: readonly PublicKey[];
  readonly target: UploadTarget;
}

const transfer = async ({ settings, context, recipients, target }: Transfer): Promise<StoredVersion> => {
  const { operation, logger, environment, output, graceMilliseconds } = context;
  let command: ShellCommand | undefined;
  try {
    const dump = new ShellCommand({ command: settings.command, stage: 'dump', environment, output, graceMilliseconds });
    command = dump;
    logger.info(jobMessages.commandStarted);
    dump.succeeded().catch((error: unknown) => {
      // Also when its output is held open by something that it left behind; but who stopped reading has the better reason.
      if (!dump.stoppedReading) operation.abort(asFailure(error, 'dumpFailed', 'dump'));
    });
    const progress = new Progress(logger);
    const plain = failingAs(progress.count(moving(gather(dump.stdout), operation)), 'dumpFailed', 'dump');
    const stored = storedForm(plain, recipients, formFor(settings, target.format));
    const version = await target.send(stored, async () => {
      await operation.guard(dump.succeeded());
      assertSize(progress.bytes, settings.minSize);
      progress.finish();
    });
    await dump.kill();
    return version;
  } catch (error) {
    const cause = asFailure(operation.causeOf(error), 'uploadFailed', 'upload');
    await Promise.all([command?.kill(), target.abort()]);
    throw cause;
  }
};

/** Dumps, encrypts and stores a new version; throws a Failure or Interrupted when any stage did not end well. */
export const make = async (settings: MakeSettings, context: CommandContext): Promise<void> => {
  const { logger, operation } = context;
  const { collection } = settings;
  const recipients = await loadRecipients(settings, context);
  logger.info(jobMessages.backupStarted, { collection });
  const target = await openUpload(accessOf(settings, context));
  if (operation.signal.aborted) {
    await target.abort();
    throw operation.signal.reason;
  }
  const { version, bytes, sha256 } = await transfer({ settings, context, recipients, target });
  logger.info(jobMessages.uploaded, { collection, version, bytes, sha256 });
  const previous = version === undefined ? undefined : await sizeBefore(accessOf(settings, context), version);
  if (previous === undefined || bytes * 2 >= previous) return;
  logger.warn('Backup shrank: it has less than half the size of the one before', {
    collection,
    version,
    bytes,
    previous,
  });
};
