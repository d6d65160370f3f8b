import { expect, it } from 'vitest';
import { summariseSecret } from './summaries.ts';

it('keeps no value of a Secret, and not the copy that kubectl makes of it', () => {
  const value = Buffer.from('very secret').toString('base64');
  const kept = summariseSecret({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'keys',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"key":"${value}"}}`, of: 'mine' },
    },
    data: { key: value },
  });
  expect(JSON.stringify(kept)).not.toContain(value);
  expect(kept.metadata.annotations).toEqual({ of: 'mine' });
});
