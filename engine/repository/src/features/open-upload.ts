import { failure } from '../http/reply.ts';
import { ClosedCollectionError } from '../metadata/closings.ts';
import type { Services } from '../services.ts';
import type { Uploader, UploadTarget } from '../uploads/upload-service.ts';

type Opened = ReturnType<Services['uploads']['open']>;

/** Begins an upload of a collection that is there, also when somebody removes it at this moment. */
export const openUpload = async (
  services: Services,
  target: UploadTarget,
  ask: { uploader: Uploader; wish?: { key?: string; expectedBytes?: number } },
): Opened => {
  const opened = await services.uploads.open(target, ask.uploader, ask.wish).catch((error: unknown) => {
    throw error instanceof ClosedCollectionError ? failure(409, error.message) : error;
  });
  // Whoever removes a collection looks for open uploads first, so either this one is seen or the collection is gone by now.
  if (opened?.created && (await services.configuration.collection(target.document.name)) === undefined) {
    await services.uploads.abort(opened.upload, 'the collection was removed');
    throw failure(404, 'cannot find specified collection');
  }
  return opened;
};
