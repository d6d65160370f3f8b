import { type KubeObject, labels } from '@backstay/shared';
import { expect, it } from 'vitest';
import { isForeign, toPrune } from './ownership.ts';

const owner: KubeObject = {
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ScheduledBackup',
  metadata: { name: 'app', uid: '1' },
};
const child = (name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    labels: { [labels.backupMaker]: 'true' },
    ownerReferences: [{ apiVersion: 'riotkit.org/v1alpha1', kind: 'ScheduledBackup', name: 'app', uid: '1' }],
    ...more,
  },
});

it('prunes children that are no longer wanted, and never a key Secret or what others own', () => {
  const key = child('keys', { labels: { [labels.type]: 'GPGSecret', [labels.backupMaker]: 'true' } });
  const legacyKey = child('legacy', {
    ownerReferences: [{ apiVersion: 'v1alpha1', kind: 'ScheduledBackup', name: 'app', uid: '1' }],
  });
  const others = child('others', {
    ownerReferences: [{ apiVersion: 'riotkit.org/v1alpha1', kind: 'ScheduledBackup', name: 'b', uid: '2' }],
  });
  const unlabelled = child('unlabelled', { labels: {} });
  const candidates = [child('old'), child('wanted'), key, legacyKey, others, unlabelled];
  expect(toPrune(candidates, owner, new Set(['Secret/wanted'])).map(({ metadata }) => metadata.name)).toEqual(['old']);
});

it('adopts what it owns, also from before, and what the generator made without an owner', () => {
  expect(isForeign(child('mine'), owner)).toBe(false);
  expect(isForeign(child('generated', { ownerReferences: [] }), owner)).toBe(false);
  expect(isForeign(child('plain', { ownerReferences: undefined, labels: {} }), owner)).toBe(true);
  expect(
    isForeign(
      child('deployment', { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: '3' }] }),
      owner,
    ),
  ).toBe(true);
});
