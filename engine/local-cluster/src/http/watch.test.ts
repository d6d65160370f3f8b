import fs from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ClusterRegistry, createRegistry } from '../registry/create-registry.ts';
import { type RunningApi, startApi } from '../start-api.ts';

const configMaps = { group: '', version: 'v1', plural: 'configmaps' };
let folder: string;
let registry: ClusterRegistry;
let api: RunningApi;

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'watch-'));
  registry = createRegistry({ databaseFile: ':memory:' });
  const logs = { read: () => (async function* () {})() };
  const logger = pino({ level: 'silent' });
  api = await startApi({ registry, logs, pkiFolder: folder, host: '127.0.0.1', port: 0, logger });
});
afterEach(async () => {
  await api.stop();
  registry.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const create = (name: string, text: string) =>
  registry.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { text },
  });

const open = (query: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${api.adminToken}` };
    const target = `${api.url}/api/v1/namespaces/default/configmaps?watch=true&${query}`;
    https.get(target, { headers, ca: api.caCertificate, agent: false }, resolve).on('error', reject);
  });

async function read(response: IncomingMessage, count: number): Promise<string[]> {
  const events: string[] = [];
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as { type: string; object: { metadata: { name: string } } };
      events.push(`${type} ${object.metadata.name}`);
    }
    if (events.length >= count) break;
  }
  return events;
}

it('keeps for a slow reader every event in order, and little of it in memory', async () => {
  const response = await open(`resourceVersion=${registry.store.revision}`);
  response.pause();
  const text = 'x'.repeat(100_000);
  const names = Array.from({ length: 300 }, (_, index) => `c${index}`);
  for (const name of names) {
    create(name, text);
    // Lets the server write what it can.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await read(response, names.length)).toEqual(names.map((name) => `ADDED ${name}`));
});

it('sends a large present state and then what came meanwhile', async () => {
  const text = 'x'.repeat(100_000);
  const before = Array.from({ length: 100 }, (_, index) => `a${String(index).padStart(3, '0')}`);
  for (const name of before) create(name, text);
  const response = await open('resourceVersion=0');
  response.pause();
  create('later', 'x');
  registry.delete(configMaps, { namespace: 'default', name: 'a000' });
  expect(await read(response, 102)).toEqual([...before.map((name) => `ADDED ${name}`), 'ADDED later', 'DELETED a000']);
});
