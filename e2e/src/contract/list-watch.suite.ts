import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import { configMap, core, createNamespace, unique } from './fixtures.ts';

const names = (body: { items: { metadata: { name: string } }[] }) => body.items.map(({ metadata }) => metadata.name);

export function listWatchSuite(api: () => Api): void {
  const filled = async (count: number) => {
    const namespace = await createNamespace(api());
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    for (let index = 0; index < count; index += 1) {
      const reply = await api().post(path, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `s${index}`, labels: { parity: index % 2 === 0 ? 'even' : 'odd', index: String(index) } },
        type: index === 0 ? 'example.com/first' : 'Opaque',
      });
      expect(reply.status).toBe(201);
    }
    return path;
  };

  describe('list', () => {
    it('selects by labels', async () => {
      const path = await filled(4);
      const chosen = async (selector: string) =>
        names((await api().get(`${path}?labelSelector=${encodeURIComponent(selector)}`)).body);
      expect(await chosen('parity=even')).toEqual(['s0', 's2']);
      expect(await chosen('parity!=even')).toEqual(['s1', 's3']);
      expect(await chosen('parity in (even),index notin (0)')).toEqual(['s2']);
      expect(await chosen('parity,!missing')).toEqual(['s0', 's1', 's2', 's3']);
      expect(await chosen('index>1')).toEqual(['s2', 's3']);
      expect((await api().get(`${path}?labelSelector=a%20b%20c`)).status).toBe(400);
    });

    it('selects by fields', async () => {
      const path = await filled(3);
      expect(names((await api().get(`${path}?fieldSelector=metadata.name%3Ds1`)).body)).toEqual(['s1']);
      expect(names((await api().get(`${path}?fieldSelector=metadata.name!%3Ds1`)).body)).toEqual(['s0', 's2']);
      expect(names((await api().get(`${path}?fieldSelector=type%3Dexample.com%2Ffirst`)).body)).toEqual(['s0']);
      const wrong = await api().get(`${path}?fieldSelector=data.a%3D1`);
      expect(wrong.status).toBe(400);
      expect(wrong.body.message).toContain('field label not supported: data.a');
    });

    it('lists in pages of one point in time', async () => {
      const path = await filled(5);
      const first = await api().get(`${path}?limit=2`);
      expect(first.body).toMatchObject({ kind: 'SecretList', apiVersion: 'v1', metadata: { remainingItemCount: 3 } });
      expect(names(first.body)).toEqual(['s0', 's1']);
      await api().delete(`${path}/s3`);
      await api().post(path, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's2b' } });
      const token = encodeURIComponent(first.body.metadata.continue);
      const second = await api().get(`${path}?limit=2&continue=${token}`);
      expect(names(second.body)).toEqual(['s2', 's3']);
      expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
      const third = await api().get(`${path}?limit=2&continue=${encodeURIComponent(second.body.metadata.continue)}`);
      expect(names(third.body)).toEqual(['s4']);
      expect(third.body.metadata.continue).toBeFalsy();
      expect((await api().get(`${path}?limit=2&continue=broken`)).status).toBe(400);
    });

    it('lists at exact versions', async () => {
      const path = await filled(2);
      const { body } = await api().get(path);
      const version = body.metadata.resourceVersion;
      await api().delete(`${path}/s0`);
      expect(names((await api().get(`${path}?resourceVersion=${version}&resourceVersionMatch=Exact`)).body)).toEqual([
        's0',
        's1',
      ]);
      expect(
        names((await api().get(`${path}?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`)).body),
      ).toEqual(['s1']);
      expect((await api().get(`${path}?resourceVersion=abc`)).status).toBe(400);
      expect((await api().get(`${path}?resourceVersionMatch=Exact`)).status).toBe(422);
    });

    it('lists over all namespaces', async () => {
      await filled(1);
      const { body } = await api().get('/api/v1/secrets?labelSelector=index%3D0');
      expect(body.items.length).toBeGreaterThan(0);
    });
  });

  describe('watch', () => {
    const next = async (watch: {
      next(): Promise<{ type: string; object: { metadata: { name: string } } } | undefined>;
    }) => {
      const event = await watch.next();
      return event && [event.type, event.object.metadata.name];
    };

    it('tells of what happens after a version', async () => {
      const path = await filled(1);
      const { body } = await api().get(path);
      const watch = api().watch(`${path}?watch=true&resourceVersion=${body.metadata.resourceVersion}`);
      expect(await watch.status).toBe(200);
      await api().post(path, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'new' } });
      await api().patch('merge', `${path}/new`, { metadata: { labels: { a: 'b' } } });
      await api().delete(`${path}/new`);
      expect(await next(watch)).toEqual(['ADDED', 'new']);
      expect(await next(watch)).toEqual(['MODIFIED', 'new']);
      const deleted = await watch.next();
      expect(deleted?.type).toBe('DELETED');
      expect(Number(deleted?.object.metadata.resourceVersion)).toBeGreaterThan(
        Number(body.metadata.resourceVersion) + 2,
      );
      watch.close();
    });

    it('begins with what is there when no version is given', async () => {
      const path = await filled(2);
      for (const version of ['', '&resourceVersion=0']) {
        const watch = api().watch(`${path}?watch=true${version}`);
        expect([await next(watch), await next(watch)].sort()).toEqual([
          ['ADDED', 's0'],
          ['ADDED', 's1'],
        ]);
        watch.close();
      }
    });

    it('streams a list that ends with a bookmark', async () => {
      const path = await filled(2);
      const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const watch = api().watch(`${path}?${query}`);
      expect(await next(watch)).toEqual(['ADDED', 's0']);
      expect(await next(watch)).toEqual(['ADDED', 's1']);
      const bookmark = await watch.next();
      expect(bookmark?.type).toBe('BOOKMARK');
      expect(bookmark?.object.kind).toBe('Secret');
      expect(bookmark?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
      watch.close();
      expect((await api().get(`${path}?watch=true&sendInitialEvents=true`)).status).toBe(422);
    });

    it('makes objects appear and disappear by selector', async () => {
      const path = await filled(0);
      const { body } = await api().get(path);
      const watch = api().watch(
        `${path}?watch=1&labelSelector=in%3Dyes&resourceVersion=${body.metadata.resourceVersion}`,
      );
      await watch.status;
      await api().post(path, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } });
      const label = (value: string | null) =>
        api().patch('merge', `${path}/x`, { metadata: { labels: { in: value } } });
      await label('yes');
      await label('no');
      expect(await next(watch)).toEqual(['ADDED', 'x']);
      expect(await next(watch)).toEqual(['DELETED', 'x']);
      watch.close();
    });

    it('watches one object by name, and ends after its time', async () => {
      const path = await filled(2);
      const watch = api().watch(`${path}?watch=true&fieldSelector=metadata.name%3Ds1&timeoutSeconds=1`);
      expect(await next(watch)).toEqual(['ADDED', 's1']);
      expect(await watch.next()).toBeUndefined();
    });

    it('sends tables when asked', async () => {
      const path = await filled(2);
      const watch = api().watch(`${path}?watch=true&resourceVersion=0`, {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
      });
      const first = await watch.next();
      expect(first?.object.kind).toBe('Table');
      expect(first?.object.columnDefinitions[0].name).toBe('Name');
      expect(first?.object.rows[0].cells[0]).toBe('s0');
      const second = await watch.next();
      expect(second?.object.columnDefinitions).toBeNull();
      watch.close();
    });
  });

  describe('tables', () => {
    it('has the columns of the kind', async () => {
      const name = unique('cm');
      await api().post(`${core}/configmaps`, configMap(name));
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
      const columns = async (path: string) => {
        const { body } = await api().get(path, { accept });
        return body.columnDefinitions.map(
          (column: { name: string; priority: number }) => `${column.name}${column.priority > 0 ? '+' : ''}`,
        );
      };
      expect(await columns('/api/v1/configmaps')).toEqual(['Name', 'Data', 'Age']);
      expect(await columns('/api/v1/secrets')).toEqual(['Name', 'Type', 'Data', 'Age']);
      expect(await columns('/api/v1/namespaces')).toEqual(['Name', 'Status', 'Age']);
      expect(await columns('/api/v1/pods')).toEqual([
        'Name',
        'Ready',
        'Status',
        'Restarts',
        'Age',
        'IP+',
        'Node+',
        'Nominated Node+',
        'Readiness Gates+',
      ]);
      expect(await columns('/api/v1/events')).toEqual([
        'Last Seen',
        'Type',
        'Reason',
        'Object',
        'Subobject+',
        'Source+',
        'Message',
        'First Seen+',
        'Count+',
        'Name+',
      ]);
      expect(await columns('/apis/batch/v1/jobs')).toEqual([
        'Name',
        'Status',
        'Completions',
        'Duration',
        'Age',
        'Containers+',
        'Images+',
        'Selector+',
      ]);
      expect(await columns('/apis/batch/v1/cronjobs')).toEqual([
        'Name',
        'Schedule',
        'Timezone',
        'Suspend',
        'Active',
        'Last Schedule',
        'Age',
        'Containers+',
        'Images+',
        'Selector+',
      ]);
      expect(await columns('/apis/apps/v1/deployments')).toEqual([
        'Name',
        'Ready',
        'Up-to-date',
        'Available',
        'Age',
        'Containers+',
        'Images+',
        'Selector+',
      ]);
      expect(await columns('/api/v1/serviceaccounts')).toEqual(['Name', 'Age']);
      expect(await columns('/api/v1/persistentvolumeclaims')).toEqual([
        'Name',
        'Status',
        'Volume',
        'Capacity',
        'Access Modes',
        'StorageClass',
        'VolumeAttributesClass',
        'Age',
        'VolumeMode+',
      ]);
      expect(await columns('/apis/coordination.k8s.io/v1/leases')).toEqual(['Name', 'Holder', 'Age']);
      expect(await columns('/apis/rbac.authorization.k8s.io/v1/clusterroles')).toEqual(['Name', 'Created At']);
      expect(await columns('/apis/rbac.authorization.k8s.io/v1/rolebindings')).toEqual([
        'Name',
        'Role',
        'Age',
        'Users+',
        'Groups+',
        'ServiceAccounts+',
      ]);
      const { body } = await api().get(`${core}/configmaps/${name}`, { accept });
      expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
      expect(body.rows[0].cells.slice(0, 2)).toEqual([name, 1]);
      expect(body.rows[0].object).toMatchObject({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { name },
      });
    });

    it('sends metadata only, and refuses what it cannot send', async () => {
      const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
      const { body } = await api().get(`${core}/configmaps`, { accept });
      expect(body.kind).toBe('PartialObjectMetadataList');
      expect((await api().get(`${core}/configmaps`, { accept: 'text/html' })).status).toBe(406);
    });
  });
}
