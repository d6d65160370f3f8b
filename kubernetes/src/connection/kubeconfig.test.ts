import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inClusterConnection, isInCluster } from './in-cluster.ts';
import { resolveConnection } from './resolve-connection.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('connections', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
    path = join(folder, 'config');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const write = (user: object, cluster: object = {}): Promise<void> =>
    writeFile(
      path,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'c', cluster: { server: 'https://example.org:6443/base/', ...cluster } }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'main',
      }),
    );

  it('reads a token and inline certificates', async () => {
    await write(
      { token: 't', 'client-certificate-data': base64('cert'), 'client-key-data': base64('key') },
      { 'certificate-authority-data': base64('ca') },
    );
    const connection = resolveConnection({ kubeconfig: path });
    expect(connection.server).toBe('https://example.org:6443/base');
    expect(await connection.authorization()).toBe('Bearer t');
    expect(await connection.tls()).toEqual({
      ca: 'ca',
      cert: 'cert',
      key: 'key',
      servername: undefined,
      rejectUnauthorized: true,
    });
  });

  it('reads files beside the kubeconfig, and a token that is renewed on disk', async () => {
    await write(
      { tokenFile: 'token' },
      { 'certificate-authority': 'ca.pem', 'tls-server-name': 'kubernetes', 'insecure-skip-tls-verify': true },
    );
    await writeFile(join(folder, 'token'), 'from-file\n');
    await writeFile(join(folder, 'ca.pem'), 'ca');
    const connection = resolveConnection({ kubeconfig: path });
    expect(await connection.authorization()).toBe('Bearer from-file');
    expect(await connection.tls()).toMatchObject({ ca: 'ca', servername: 'kubernetes', rejectUnauthorized: false });
  });

  it('asks a credential plugin', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-plugin' },
    };
    const exec = {
      apiVersion: credential.apiVersion,
      command: 'echo',
      args: [JSON.stringify(credential)],
      interactiveMode: 'Never',
    };
    await write({ exec });
    const connection = resolveConnection({ kubeconfig: path });
    expect(await connection.authorization()).toBe('Bearer from-plugin');
    expect(await connection.tls()).toMatchObject({ rejectUnauthorized: true });
  });

  it('says what is wrong with a file', async () => {
    await write({});
    expect(() => resolveConnection({ kubeconfig: path, context: 'none' })).toThrow('has no context "none"');
    await writeFile(path, 'contexts: [');
    expect(() => resolveConnection({ kubeconfig: path })).toThrow(`The kubeconfig ${path} cannot be read`);
    await writeFile(path, '');
    expect(() => resolveConnection({ kubeconfig: path })).toThrow('is empty');
    expect(() => resolveConnection({ kubeconfig: join(folder, 'absent') })).toThrow('ENOENT');
  });

  it('takes KUBECONFIG when nothing is named, and the account of the Pod inside a cluster', async () => {
    await write({ token: 't' });
    expect(resolveConnection({}, { KUBECONFIG: `${join(folder, 'absent')}:${path}` }).server).toContain('example.org');
    await writeFile(join(folder, 'token'), 'pod-token');
    await writeFile(join(folder, 'ca.crt'), 'ca');
    const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    expect([isInCluster(environment, folder), isInCluster({}, folder)]).toEqual([true, false]);
    const connection = inClusterConnection(environment, folder);
    expect([connection.server, await connection.authorization()]).toEqual([
      'https://[fd00::1]:443',
      'Bearer pod-token',
    ]);
    expect(await connection.tls()).toEqual({ ca: 'ca' });
    expect(() => resolveConnection({ inCluster: true }, {})).toThrow('Not inside a Kubernetes Pod');
  });
});
