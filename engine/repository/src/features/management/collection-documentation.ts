import {
  repositoryCollectionChangeSchema,
  repositoryCollectionRemovedReplySchema,
  repositoryCollectionReplySchema,
  repositoryCollectionsReplySchema,
  repositoryNewCollectionSchema,
  repositoryRemoveCollectionSchema,
} from '@backstay/shared';
import type { RouteDocumentation } from '../../http/documentation.ts';
import { changeErrors, etag, ifMatch } from './user-documentation.ts';

const tag = 'collections';
const missing = { 404: 'There is no such collection.' };
const collection = (description: string) => ({ description, body: repositoryCollectionReplySchema, headers: etag });

export const listCollectionsDocumentation: RouteDocumentation = {
  tag,
  summary: 'Collections that you may use or manage',
  responses: { 200: { description: 'By name.', body: repositoryCollectionsReplySchema } },
};

export const readCollectionDocumentation: RouteDocumentation = {
  tag,
  summary: 'One collection',
  responses: { 200: collection('The collection.') },
  errors: missing,
};

export const createCollectionDocumentation: RouteDocumentation = {
  tag,
  summary: 'Make a collection',
  description: 'Needs the role collectionManager or systemAdmin and a session without limits.',
  body: { schema: repositoryNewCollectionSchema },
  responses: { 201: collection('It is made, and takes uploads.') },
  errors: changeErrors,
};

export const changeCollectionDocumentation: RouteDocumentation = {
  tag,
  summary: 'Change fields of a collection',
  description:
    'Needs the role collectionManager, on this collection or for all. Lower limits remove nothing by themselves.',
  headers: ifMatch,
  body: { schema: repositoryCollectionChangeSchema },
  responses: { 200: collection('It is changed.') },
  errors: { ...changeErrors, ...missing },
};

export const removeCollectionDocumentation: RouteDocumentation = {
  tag,
  summary: 'Remove a collection',
  description: 'With versions only when the body repeats its name. A held version or an open upload keeps it.',
  headers: ifMatch,
  body: { schema: repositoryRemoveCollectionSchema, optional: true },
  responses: { 200: { description: 'It is gone.', body: repositoryCollectionRemovedReplySchema } },
  errors: { ...changeErrors, ...missing },
};
