import type { CacheChange, ResourceCache } from '@backstay/kubernetes';
import type { KubeObject } from '@backstay/shared';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createOwnerIndex } from './owner-index.ts';

const object = (name: string, namespace: string, owners: readonly string[]): KubeObject => ({
  ...{ apiVersion: 'v1', kind: 'Secret' },
  metadata: {
    ...{ name, namespace },
    ownerReferences: owners.map((uid) => ({ apiVersion: 'riotkit.org/v1alpha1', kind: 'X', name: uid, uid })),
  },
});

const step = fc.record({
  name: fc.constantFrom('a', 'b'),
  namespace: fc.constantFrom('one', 'two'),
  owners: fc.option(fc.subarray(['1', '2']), { nil: undefined }),
});

it('finds what a search through all objects finds, whatever came, changed and went', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const all = new Map<string, KubeObject>();
      let tell: (change: CacheChange<KubeObject>) => void = () => undefined;
      const onChange: ResourceCache<KubeObject>['onChange'] = (handler) => {
        tell = handler;
        return () => undefined;
      };
      const index = createOwnerIndex({ onChange } as ResourceCache<KubeObject>);
      for (const { name, namespace, owners } of steps) {
        const key = `${namespace}/${name}`;
        const before = all.get(key);
        if (owners === undefined && before !== undefined) {
          all.delete(key);
          tell({ type: 'deleted', object: before, before });
        } else if (owners !== undefined) {
          const now = object(name, namespace, owners);
          all.set(key, now);
          tell(before === undefined ? { type: 'added', object: now } : { type: 'modified', object: now, before });
        }
      }
      for (const uid of ['1', '2']) {
        const owned = [...all.values()].filter(({ metadata }) =>
          metadata.ownerReferences?.some((of) => of.uid === uid),
        );
        const found = index.ownedBy({ apiVersion: 'v1', kind: 'X', metadata: { name: uid, uid } });
        expect(new Set(found)).toEqual(new Set(owned));
        expect(found).toHaveLength(owned.length);
      }
    }),
  );
  expect(createOwnerIndex({ onChange: () => () => undefined } as never).ownedBy(undefined)).toEqual([]);
});
