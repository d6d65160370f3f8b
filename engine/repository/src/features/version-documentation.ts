import {
  repositoryUsageReplySchema,
  repositoryVersionReplySchema,
  repositoryVersionsReplySchema,
} from '@backstay/shared';
import { z } from 'zod';
import type { RouteDocumentation } from '../http/documentation.ts';

const tag = 'versions';
const noCollection = 'There is no such collection.';

export const plainUploadDocumentation: RouteDocumentation = {
  tag,
  summary: 'Upload a version in one request',
  description:
    'The body is an OpenPGP message, armoured or binary, as it is or as the first file of a form. A client that hangs up, also shortly after the last byte, takes the upload back: nothing is stored.',
  body: { mediaTypes: ['application/octet-stream', 'multipart/form-data'], description: 'An OpenPGP message.' },
  responses: { 200: { description: 'It is stored and listed.', body: repositoryVersionReplySchema } },
  errors: {
    404: noCollection,
    409: 'The collection is being removed.',
    408: 'The request took too long.',
    500: 'The upload is too large or no OpenPGP message, or another one runs; the text says which.',
    507: 'The storage is full.',
  },
};

export const downloadDocumentation: RouteDocumentation = {
  tag,
  summary: 'Download a version',
  description:
    'Bytes are compared with the recorded SHA-256 on their way: when they differ, the connection is cut, and from then on the version is answered with 409. `latest` may be an older version afterwards: go on with the number of `X-Version`, or with `If-Match`.',
  params: { versionNum: z.string().describe('A number, `v` and a number, or `latest`.') },
  query: z.object({
    bad: z.enum(['true']).optional().describe('Give what is left of a version that is known to be bad.'),
  }),
  headers: z.object({
    range: z.string().optional().describe('One range, e.g. `bytes=1000-`.'),
    'if-range': z.string().optional(),
    'if-match': z.string().optional().describe('The ETag that the version must have.'),
  }),
  responses: {
    200: {
      description: 'The whole version.',
      mediaType: 'application/octet-stream',
      headers: {
        'x-version': 'The number of the version.',
        etag: 'SHA-256 in quotes, where it is known.',
        'repr-digest': 'RFC 9530.',
        'content-disposition': 'RFC 6266.',
      },
    },
    206: {
      description: 'The range.',
      mediaType: 'application/octet-stream',
      headers: { 'content-range': 'Where it lies.', 'x-version': 'The number of the version.' },
    },
    416: { description: 'The version has no such range.', headers: { 'content-range': 'How long the version is.' } },
  },
  errors: {
    404: 'There is no such collection or version, or `latest` and no good one; the text says which.',
    409: 'The version is known to be bad, or was found so while it was given, and the query does not say `bad=true`. The text names the newest good one. Trying again does not help.',
    408: 'The download did not begin in time.',
    412: 'The version is another than `If-Match` says.',
    500: 'The stored bytes cannot be read.',
  },
};

export const listVersionsDocumentation: RouteDocumentation = {
  tag,
  summary: 'All versions of a collection',
  responses: { 200: { description: 'By ascending number.', body: repositoryVersionsReplySchema } },
  errors: { 404: noCollection },
};

export const usageDocumentation: RouteDocumentation = {
  tag,
  summary: 'Stored and reserved bytes, and the limits of a collection',
  responses: { 200: { description: 'In bytes.', body: repositoryUsageReplySchema } },
  errors: { 404: noCollection },
};
