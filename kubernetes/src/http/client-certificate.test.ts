import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient } from '../create-kube-client.ts';

const hasOpenssl = (): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(!hasOpenssl())('a connection with a client certificate (openssl)', () => {
  let folder = '';
  let server: Server;

  const certificate = (name: string, subject: string): void => {
    const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const names = ['-subj', subject, '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...names, ...files], { stdio: 'ignore' });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certificates-'));
    certificate('server', '/CN=server');
    certificate('admin', '/O=system:masters/CN=admin');
    const read = (file: string): Buffer => readFileSync(join(folder, file));
    const tls = { key: read('server.key'), cert: read('server.crt'), ca: [read('admin.crt')] };
    server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      const subject = (request.socket as TLSSocket).getPeerCertificate().subject;
      response.end(JSON.stringify({ certificate: subject?.CN ?? null, token: request.headers.authorization ?? null }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const kubeconfig = {
      clusters: [
        { name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': 'server.crt' } },
      ],
      users: [{ name: 'u', user: { 'client-certificate': 'admin.crt', 'client-key': 'admin.key' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(join(folder, 'kubeconfig'), JSON.stringify(kubeconfig));
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('shows it for itself, and never beside the token of somebody else', async () => {
    const client = createKubeClient({ kubeconfig: join(folder, 'kubeconfig') });
    const guest = client.withToken('guest');
    for (let round = 0; round < 3; round += 1) {
      expect(await client.getRaw('/')).toEqual({ certificate: 'admin', token: null });
      expect(await guest.getRaw('/')).toEqual({ certificate: null, token: 'Bearer guest' });
    }
    expect(await guest.withToken('other').getRaw('/')).toEqual({ certificate: null, token: 'Bearer other' });
    for (const token of ['', ' ', 'a\r\nb']) {
      expect(() => client.withToken(token)).toThrow(expect.objectContaining({ status: 401 }));
    }
    await client.close();
  });
});
