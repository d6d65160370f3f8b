import { backupRoutes, resourceTypes } from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { Harness, personToken } from '../../testing/harness.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.start();
  await harness.signIn();
  harness.repository.collections.set('orders', []);
  harness.repository.store('orders', 'first');
  harness.repository.store('orders', 'second version');
  harness.cluster.put(resourceTypes.backupCollections, {
    ...{ apiVersion: 'backups.riotkit.org/v1alpha1', kind: 'BackupCollection' },
    metadata: { name: 'orders', namespace: 'backups' },
    spec: {
      ...{ description: 'Orders', filenameTemplate: 'orders-${version}', maxBackupsCount: 10, maxOneVersionSize: '1G' },
      ...{ maxCollectionSize: '10G', strategyName: 'fifo', strategySpec: {} },
    },
  });
  await eventually(async () =>
    expect((await harness.call('GET', '/api/collections/orders/versions')).status).toBe(200),
  );
});
afterEach(() => harness[Symbol.asyncDispose]());

describe('backups', () => {
  it('are listed newest first, with the use of the collection', async () => {
    const reply = await harness.call('GET', '/api/collections/orders/versions');
    const { collection, items } = backupRoutes.listVersions.reply?.parse(reply.body) ?? { items: [] };
    expect(items.map((item) => [item.number, item.sizeBytes])).toEqual([
      [2, 14],
      [1, 5],
    ]);
    expect(collection).toMatchObject({ versions: 2, usedBytes: 19, newest: { number: 2 } });
    expect((await harness.call('GET', '/api/collections')).body).toMatchObject({ items: [{ name: 'orders' }] });
  });

  it('are downloaded as they are stored', async () => {
    const reply = await harness.call('GET', '/api/collections/orders/versions/2/download');
    expect(reply).toMatchObject({ status: 200, text: 'second version' });
    expect(reply.headers.get('content-disposition')).toBe('attachment; filename=orders-2.gpg');
    expect(reply.headers.get('content-length')).toBe('14');
    expect((await harness.call('GET', '/api/collections/orders/versions/9/download')).status).toBe(404);
    expect((await harness.call('GET', '/api/collections/orders/versions/latest/download')).status).toBe(404);
  });

  it('outlive the console’s token at the repository', async () => {
    harness.repository.tokens.clear();
    expect((await harness.call('GET', '/api/collections/orders/versions/1/download')).text).toBe('first');
  });

  it('wait when the repository is asked too often', async () => {
    harness.repository.tooSoon = 2;
    harness.repository.store('orders', 'third');
    const collection = harness.cluster.find(resourceTypes.backupCollections, 'backups', 'orders');
    if (collection) harness.cluster.put(resourceTypes.backupCollections, collection);
    await eventually(async () =>
      expect((await harness.call('GET', '/api/collections')).body).toMatchObject({ items: [{ versions: 3 }] }),
    );
  });

  it('say that the repository is down', async () => {
    await harness.repository.stop();
    const reply = await harness.call('GET', '/api/collections/orders/versions/1/download');
    expect(reply).toMatchObject({ status: 502, body: { error: { code: 'repository_unreachable' } } });
    await harness.repository.start();
  });

  it('are not there for a person who may not read collections', async () => {
    harness.cluster.people.set(personToken, { may: ({ resource }) => resource !== 'backupcollections' });
    await harness.restart();
    await harness.signIn();
    expect((await harness.call('GET', '/api/collections')).body).toEqual({ items: [] });
    for (const path of ['', '/1/download']) {
      expect((await harness.call('GET', `/api/collections/orders/versions${path}`)).status).toBe(404);
    }
  });
});
