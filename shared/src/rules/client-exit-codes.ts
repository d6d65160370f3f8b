/** What one exit code of `backup-maker` means, and what a person can do about it. Codes are never reused. */
export interface ClientExitCode {
  readonly code: number;
  readonly title: string;
  readonly advice: string;
}

export const clientExitCodes = {
  success: { code: 0, title: 'Done', advice: 'Nothing to do.' },
  internal: {
    code: 1,
    title: 'Unexpected error',
    advice: 'Read the log; run again with --log-level=debug. Report it when it happens again.',
  },
  usage: {
    code: 2,
    title: 'Bad flags or settings',
    advice: 'The log lists every flag and environment variable that is missing or wrong. Nothing was started.',
  },
  key: {
    code: 3,
    title: 'The OpenPGP key cannot be used',
    advice: 'Check the key file, the recipient and the expiry date of the key. Nothing was started.',
  },
  passphrase: {
    code: 4,
    title: 'The private key cannot be unlocked',
    advice: 'Check the passphrase in the Secret of the key. Nothing was started.',
  },
  dumpFailed: {
    code: 10,
    title: 'The dump command failed',
    advice: 'The log has its exit code or signal, and what it wrote to stderr. Nothing was stored.',
  },
  dumpEmpty: {
    code: 11,
    title: 'The dump command wrote nothing',
    advice: 'An empty backup is never stored. Check that the command writes the dump to its standard output.',
  },
  encryptFailed: { code: 12, title: 'The encryption failed', advice: 'Nothing was stored. Run the backup again.' },
  uploadFailed: {
    code: 13,
    title: 'The connection to the repository broke while uploading',
    advice: 'Nothing was stored. Check the network and the repository, then run the backup again.',
  },
  refused: {
    code: 14,
    title: 'The repository refused the request',
    advice: 'The log has its answer: access token, collection, quota or backup window.',
  },
  outcomeUnknown: {
    code: 15,
    title: 'The repository did not say whether the version was stored',
    advice: 'Look at the list of versions before running the backup again.',
  },
  dumpTooSmall: {
    code: 16,
    title: 'The dump is smaller than --min-size',
    advice: 'Nothing was stored. Look why the command wrote so little, or lower --min-size.',
  },
  downloadFailed: {
    code: 20,
    title: 'The connection to the repository broke while downloading',
    advice: 'Check the network and the repository, then restore again. The target may hold a part of the data.',
  },
  corrupt: {
    code: 21,
    title: 'The stored version is damaged',
    advice: 'Restore another version. The target may hold a part of the data.',
  },
  cannotDecrypt: {
    code: 22,
    title: 'No private key fits this version',
    advice: 'Give the private key that the version was encrypted for. The restore command was not started.',
  },
  loadFailed: {
    code: 23,
    title: 'The restore command failed',
    advice: 'The log has its exit code or signal, and what it wrote to stderr. The target may hold a part of the data.',
  },
  saveFailed: {
    code: 24,
    title: 'The file could not be written',
    advice: 'Check the folder, its permissions and the free space. No partial file was left.',
  },
  anotherVersion: {
    code: 25,
    title: 'The repository sent another version than was asked for',
    advice:
      'It was made in another collection, or before --not-before; the log says which. Nothing of it was given to the restore command.',
  },
  idleTimeout: {
    code: 30,
    title: 'Nothing moved for too long',
    advice:
      'No byte moved within --timeout seconds. Raise it when the command is slow by nature, else look why it hangs.',
  },
} as const satisfies Record<string, ClientExitCode>;

export type ClientExitName = keyof typeof clientExitCodes;

/** Meaning of an exit code; codes above 128 mean that the client was ended by signal `code - 128`. */
export const describeClientExitCode = (code: number): ClientExitCode => {
  const known = Object.values(clientExitCodes).find((entry) => entry.code === code);
  if (known) return known;
  if (code > 128 && code < 193) {
    return { code, title: `Ended by signal ${code - 128}`, advice: 'It was stopped from outside. Nothing was stored.' };
  }
  return { code, title: `Exit code ${code}`, advice: 'Read the log.' };
};
