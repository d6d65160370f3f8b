import type { KubeObject, OwnerReference } from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClusterRegistry, createRegistry } from '../registry/create-registry.ts';
import { silent, until } from '../test-cluster.ts';
import { resources } from './resources.ts';
import { startControllers } from './start-controllers.ts';

let registry: ClusterRegistry;
let controllers: { stop(): Promise<void> };
beforeEach(() => {
  registry = createRegistry({ databaseFile: ':memory:' });
  controllers = startControllers({ registry, logger: silent });
});
afterEach(async () => {
  await controllers.stop();
  registry.close();
});

const ownedBy = ({ apiVersion, kind, metadata }: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  ...more,
});
const make = (name: string, ownerReferences: OwnerReference[] = [], finalizers: string[] = []): KubeObject =>
  registry.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ownerReferences, finalizers },
  });
const get = (name: string) => registry.get(resources.configMaps, 'default', name);
const remove = (name: string, propagationPolicy?: 'Background' | 'Foreground' | 'Orphan') =>
  registry.delete(resources.configMaps, { namespace: 'default', name }, propagationPolicy ? { propagationPolicy } : {});
const gone = (name: string) => until(`${name} to go`, () => get(name) === undefined);

describe('the garbage collector', () => {
  it('deletes what is owned behind its owner, down to the last', async () => {
    const owner = make('owner');
    const child = make('child', [ownedBy(owner)]);
    make('grandchild', [ownedBy(child)]);
    make('stranger');
    remove('owner', 'Background');
    expect(get('owner')).toBeUndefined();
    await gone('child');
    await gone('grandchild');
    expect(get('stranger')).toBeDefined();
  });

  it('deletes in the foreground: the owner goes last', async () => {
    const owner = make('owner');
    make('held', [ownedBy(owner, { blockOwnerDeletion: true })], ['example.com/hold']);
    make('free', [ownedBy(owner)]);
    remove('owner', 'Foreground');
    await gone('free');
    await until('the deletion', () => get('held')?.metadata.deletionTimestamp);
    expect(get('owner')?.metadata.finalizers).toEqual(['foregroundDeletion']);
    const held = get('held');
    registry.update(resources.configMaps, {
      ...(held as KubeObject),
      metadata: { ...(held as KubeObject).metadata, finalizers: [] },
    });
    await gone('owner');
    expect(get('held')).toBeUndefined();
  });

  it('leaves orphans when asked to', async () => {
    make('child', [ownedBy(make('owner'))]);
    remove('owner', 'Orphan');
    await gone('owner');
    expect(get('child')?.metadata.ownerReferences ?? []).toEqual([]);
  });

  it('keeps what has another owner', async () => {
    const [one, two] = [make('one'), make('two')];
    make('child', [ownedBy(one), ownedBy(two)]);
    remove('one', 'Background');
    await until('one owner', () => get('child')?.metadata.ownerReferences?.length === 1);
    remove('two', 'Background');
    await gone('child');
  });

  it('deletes what names an owner that is not there, also one of long ago', async () => {
    await controllers.stop();
    const owner = make('owner');
    make('child', [ownedBy(owner)]);
    remove('owner', 'Background');
    make('liar', [{ ...ownedBy(owner), uid: '00000000-0000-4000-8000-000000000000' }]);
    controllers = startControllers({ registry, logger: silent });
    await gone('child');
    await gone('liar');
  });

  it('knows custom resources as owners', async () => {
    const widgets = { group: 'example.com', version: 'v1', plural: 'widgets' };
    registry.create(
      { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' },
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'widgets.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      },
    );
    const widget = registry.create(widgets, {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w', namespace: 'default' },
    });
    make('child', [ownedBy(widget, { controller: true })]);
    registry.delete(widgets, { namespace: 'default', name: 'w' });
    await gone('child');
  });
});
