export type UploadFailure =
  | 'too-large'
  | 'not-a-message'
  | 'empty'
  | 'mismatch'
  | 'closed'
  | 'busy'
  | 'key-in-use'
  | 'cancelled'
  | 'timed-out';

/** Why bytes were not taken. The message may go to the client. */
export class UploadError extends Error {
  readonly failure: UploadFailure;

  constructor(failure: UploadFailure, message: string) {
    super(message);
    this.name = 'UploadError';
    this.failure = failure;
  }
}

/** The client believes in another number of stored bytes. `offset` is the truth. */
export class OffsetError extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super(`the upload continues at offset ${offset}`);
    this.name = 'OffsetError';
    this.offset = offset;
  }
}

export const tooLarge = (uploaded: number, allowed: number): UploadError =>
  new UploadError(
    'too-large',
    `filesize reached allowed limit. Uploaded ${uploaded} bytes, allowed to upload only ${allowed} bytes`,
  );
