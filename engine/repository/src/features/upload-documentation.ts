import {
  repositoryFinaliseSchema,
  repositoryOffsetErrorSchema,
  repositoryOpenUploadSchema,
  repositoryUploadReplySchema,
  repositoryVersionReplySchema,
} from '@backstay/shared';
import { z } from 'zod';
import type { RouteDocumentation } from '../http/documentation.ts';

const tag = 'uploads';
const headers = { 'upload-offset': 'Bytes that are stored.' };
const upload = (description: string) => ({ description, body: repositoryUploadReplySchema, headers });
const conflict = (description: string) => ({ description, body: repositoryOffsetErrorSchema });
const missing = 'There is no such collection, or no such upload of yours.';
const late = 'Bytes did not come in time.';

export const beginUploadDocumentation: RouteDocumentation = {
  tag,
  summary: 'Begin an upload and reserve its room',
  body: { schema: repositoryOpenUploadSchema },
  responses: {
    200: upload('An upload with this key was begun before: go on with it.'),
    201: upload('It is begun.'),
    409: conflict('The key belongs to an upload of somebody else, or of another size.'),
  },
  errors: { 404: 'There is no such collection.', 408: late, 413: 'It does not fit.', 507: 'The storage is full.' },
};

export const appendDocumentation: RouteDocumentation = {
  tag,
  summary: 'Send bytes, from the offset that the server has',
  headers: z.object({
    'upload-offset': z
      .string()
      .regex(/^\d{1,15}$/)
      .describe('Where these bytes begin.'),
  }),
  body: { mediaTypes: ['application/octet-stream'] },
  responses: {
    200: upload('They are stored.'),
    409: conflict('The offset is another, bytes are just being received, or the upload is over.'),
  },
  errors: { 404: missing, 408: late, 413: 'More bytes than were reserved.', 507: 'The storage is full.' },
};

export const finaliseDocumentation: RouteDocumentation = {
  tag,
  summary: 'Commit: the only step that makes a version of an upload',
  description: 'May be repeated: it answers with the same version.',
  body: { schema: repositoryFinaliseSchema },
  responses: {
    200: { description: 'It is stored and listed.', body: repositoryVersionReplySchema },
    409: conflict('The upload is over, or bytes are just being received.'),
  },
  errors: {
    404: missing,
    408: late,
    413: 'It does not fit any more.',
    422: 'Size or SHA-256 differ from what is stored, or it is no OpenPGP message.',
    507: 'The storage is full.',
  },
};

export const abortDocumentation: RouteDocumentation = {
  tag,
  summary: 'Give an upload up',
  responses: { 200: upload('Its bytes and its reservation are gone.'), 409: conflict('It is committed already.') },
  errors: { 404: missing },
};

export const inspectDocumentation: RouteDocumentation = {
  tag,
  summary: 'State and offset of an upload, by its id or its key',
  responses: { 200: upload('The upload.'), 409: conflict('The upload is over.') },
  errors: { 404: missing },
};
