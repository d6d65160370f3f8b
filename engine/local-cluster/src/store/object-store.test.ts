import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { KubeObject } from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '../registry/api-error.ts';
import { ObjectStore } from './object-store.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'object-store-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const open = (historyLength?: number) =>
  new ObjectStore({ databaseFile: path.join(folder, 'cluster.db'), ...(historyLength ? { historyLength } : {}) });
const object = (name: string, value: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name },
  value,
});
const names = (stored: Iterable<{ object: KubeObject }>) => [...stored].map((item) => item.object.metadata.name);

describe('ObjectStore', () => {
  it('reads the present and the past', () => {
    const store = open();
    store.write('x', 'ADDED', () => object('a', 1));
    const { revision } = store.write('x', 'ADDED', () => object('b', 1));
    store.write('x', 'MODIFIED', () => object('a', 2));
    store.write('x', 'DELETED', () => object('b', 1));
    expect(names(store.range({ resource: 'x' }))).toEqual(['a']);
    expect(store.get('x', '', 'a')?.object['value']).toBe(2);
    expect(store.get('x', '', 'b')).toBeUndefined();
    const past = [...store.range({ resource: 'x', at: revision })];
    expect(past.map((item) => [item.object.metadata.name, item.object['value']])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    expect(store.changes('x', revision, 10).map((change) => [change.type, change.previous?.object['value']])).toEqual([
      ['MODIFIED', 1],
      ['DELETED', 1],
    ]);
    store.close();
  });

  it('keeps history and revisions over a restart, and is readable by its owner only', () => {
    const before = open();
    before.write('x', 'ADDED', () => object('a', 1));
    const { revision } = before;
    before.close();
    const after = open();
    expect(after.revision).toBe(revision);
    expect(after.changes('x', revision - 1, 10)).toHaveLength(1);
    expect(fs.statSync(path.join(folder, 'cluster.db')).mode & 0o077).toBe(0);
    after.close();
  });

  it('forgets the past beyond its length and says so', () => {
    const store = open(10);
    for (let index = 0; index < 50; index += 1) {
      store.write('x', index === 0 ? 'ADDED' : 'MODIFIED', () => object('a', index));
    }
    expect(() => store.changes('x', 2, 10)).toThrow(ApiError);
    expect(() => [...store.range({ resource: 'x', at: 2 })]).toThrow(/too old resource version: 2/);
    expect(store.changes('x', store.revision - 5, 10)).toHaveLength(5);
    expect(store.get('x', '', 'a')?.object['value']).toBe(49);
    store.close();
  });

  it('loses nothing that it acknowledged when the process is killed', async () => {
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, [new URL('./write-loop.fixture.ts', import.meta.url).pathname, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let acknowledged = -1;
      const exited = new Promise((resolve) => child.on('exit', resolve));
      for await (const chunk of child.stdout) {
        acknowledged = Math.max(acknowledged, ...String(chunk).split('\n').filter(Boolean).slice(0, -1).map(Number));
        if (acknowledged >= 40) child.kill('SIGKILL');
      }
      await exited;
      const store = open();
      expect(acknowledged).toBeGreaterThanOrEqual(40);
      expect(Number(store.get('loop', '', 'counter')?.object['value'])).toBeGreaterThanOrEqual(acknowledged);
      store.close();
    }
  });
});
