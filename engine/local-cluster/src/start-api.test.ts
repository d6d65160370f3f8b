import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodLogs } from './pods/pod-logs.ts';
import { type ClusterRegistry, createRegistry } from './registry/create-registry.ts';
import { type RunningApi, startApi } from './start-api.ts';

const configMaps = { group: '', version: 'v1', plural: 'configmaps' };
const noLogs: PodLogs = {
  async *read() {
    yield Buffer.from('a line\n');
  },
};

let folder: string;
let registry: ClusterRegistry;
let api: RunningApi;
let now: Date;

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'api-'));
  now = new Date();
  registry = createRegistry({
    databaseFile: path.join(folder, 'cluster.db'),
    historyLength: 20,
    clock: { now: () => now },
  });
  api = await start();
});
afterEach(async () => {
  await api.stop();
  registry.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const start = () =>
  startApi({
    registry,
    logs: noLogs,
    pkiFolder: path.join(folder, 'pki'),
    host: '127.0.0.1',
    port: 0,
    logger: pino({ level: 'silent' }),
  });

interface Answer {
  status: number;
  text: string;
}

const call = (method: string, target: string, { token = api.adminToken, body = '' } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const request = https.request(
      `${api.url}${target}`,
      { method, headers, ca: api.caCertificate, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });

const write = (count: number) => {
  for (let index = 0; index < count; index += 1) {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', namespace: 'default' },
      data: { index: String(index) },
    };
    if (registry.get(configMaps, 'default', 'x')) registry.update(configMaps, object);
    else registry.create(configMaps, object);
  }
};

describe('the API of the local cluster', () => {
  it('tells a watch from the distant past, and a list at it, to begin again', async () => {
    write(60);
    const target = '/api/v1/namespaces/default/configmaps';
    const watch = await call('GET', `${target}?watch=true&resourceVersion=3&timeoutSeconds=5`);
    const event = JSON.parse(watch.text) as { type: string; object: { code: number; reason: string } };
    expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    const list = await call('GET', `${target}?resourceVersion=3&resourceVersionMatch=Exact`);
    expect(list.status).toBe(410);
    const token = Buffer.from(JSON.stringify({ v: 'v1', rv: 3, start: ['default', 'a'] })).toString('base64url');
    expect((await call('GET', `${target}?continue=${token}`)).status).toBe(410);
  });

  it('knows nobody without a token but shows its health', async () => {
    expect((await call('GET', '/api/v1/secrets', { token: '' })).status).toBe(401);
    expect((await call('GET', '/healthz', { token: '' })).status).toBe(200);
    expect((await call('GET', '/api/v1/secrets', { token: 'Bearer' })).status).toBe(401);
  });

  it.each(['//', '//host/api', '/%zz', '/api/v1/namespaces//pods', '*', 'http://[', '/?a=%zz'])(
    'survives the request line of %s',
    async (target) => {
      const address = new URL(api.url);
      const line = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = tls.connect({ host: address.hostname, port: Number(address.port), ca: api.caCertificate }, () =>
          socket.write(line),
        );
        let text = '';
        socket.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        socket.on('end', () => resolve(text));
        socket.on('error', reject);
      });
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect((await call('GET', '/healthz')).status).toBe(200);
    },
  );

  it('issues tokens with the rights of their user only', async () => {
    const token = api.issueToken({ name: 'part', groups: ['parts'] });
    const refused = await call('GET', '/api/v1/namespaces/default/secrets', { token });
    expect(JSON.parse(refused.text)).toMatchObject({ code: 403, reason: 'Forbidden' });
    const binding = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterrolebindings' };
    registry.create(binding, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'parts' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'Group', name: 'parts' }],
    });
    expect((await call('GET', '/api/v1/namespaces/default/pods', { token })).status).toBe(200);
    expect((await call('GET', '/api/v1/namespaces/default/secrets', { token })).status).toBe(403);
  });

  it('ends the token of a service account with its time and with the account', async () => {
    const accounts = { group: '', version: 'v1', plural: 'serviceaccounts' };
    const target = '/api/v1/namespaces/default/serviceaccounts/robot/token';
    const make = () =>
      registry.create(accounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'robot', namespace: 'default' },
      });
    const issue = async () => {
      const { text } = await call('POST', target, { body: '{"spec":{"expirationSeconds":600}}' });
      return (JSON.parse(text) as { status: { token: string } }).status.token;
    };
    const status = async (token: string) => (await call('GET', '/api', { token })).status;
    make();
    const first = await issue();
    expect(await status(first)).toBe(200);
    now = new Date(now.getTime() + 601_000);
    expect(await status(first)).toBe(401);
    const second = await issue();
    registry.delete(accounts, { namespace: 'default', name: 'robot' });
    make();
    expect(await status(second)).toBe(401);
  });

  it('keeps its authority and its administrator over a restart, in files for the owner only', async () => {
    const { caCertificate, adminToken } = api;
    await api.stop();
    api = await start();
    expect([api.caCertificate, api.adminToken]).toEqual([caCertificate, adminToken]);
    const pki = path.join(folder, 'pki');
    for (const file of fs.readdirSync(pki)) expect(fs.statSync(path.join(pki, file)).mode & 0o077).toBe(0);
  });

  it.each([
    ['sa.key', /sa\.key holds no key: remove it/],
    ['ca.crt', /certificates in .* cannot be used .*: remove ca\.crt, ca\.key/],
    ['server.key', /certificates in .* cannot be used/],
  ])('says what to do about a broken %s', async (name, message) => {
    await api.stop();
    const file = path.join(folder, 'pki', name);
    const good = fs.readFileSync(file);
    fs.writeFileSync(file, 'garbage');
    await expect(start()).rejects.toThrow(message);
    fs.writeFileSync(file, good);
    api = await start();
  });

  it('makes what is missing anew, also a token that was never written', async () => {
    await api.stop();
    for (const name of fs.readdirSync(path.join(folder, 'pki'))) fs.truncateSync(path.join(folder, 'pki', name));
    for (const name of ['ca.crt', 'ca.key', 'server.crt', 'sa.key']) fs.rmSync(path.join(folder, 'pki', name));
    api = await start();
    expect(api.adminToken.length).toBeGreaterThan(30);
    expect((await call('GET', '/api/v1/secrets')).status).toBe(200);
  });

  it('renews a serving certificate that is about to end, under the same authority', async () => {
    const { caCertificate } = api;
    const certificate = fs.readFileSync(path.join(folder, 'pki', 'server.crt'), 'utf8');
    await api.stop();
    now = new Date(now.getTime() + 380 * 86_400_000);
    api = await start();
    expect(api.caCertificate).toBe(caCertificate);
    expect(fs.readFileSync(path.join(folder, 'pki', 'server.crt'), 'utf8')).not.toBe(certificate);
  });
});
