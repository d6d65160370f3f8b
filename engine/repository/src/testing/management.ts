import { call } from './api.ts';
import type { Harness } from './harness.ts';

/* What tests of the management of users, access keys and collections ask for. */

export const users = '/api/stable/users';
export const collections = '/api/stable/repository/collection';
export const password = 'correct horse battery';
export const collection = {
  filenameTemplate: 'new-${version}.gz',
  maxBackupsCount: 2,
  maxOneVersionSize: '1M',
  maxCollectionSize: '2M',
};

/** Asks whichever shop there is when it asks. */
export const askingOf = (shop: () => Harness) => {
  const send = (target: string, token: string, json?: unknown) =>
    call(shop(), target, { token, ...(json === undefined ? {} : { json }) });
  return {
    send,
    statusOf: async (target: string, token: string, json?: unknown) => (await send(target, token, json)).status,
  };
};
