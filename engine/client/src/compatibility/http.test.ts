import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http, { type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestRepository } from '../testing/repository-servers.ts';
import { runClient } from '../testing/run-client.ts';

/* What servers and proxies get from the client, as from older ones. */

const message = '-----BEGIN PGP MESSAGE-----\n';
const command = `echo '${message.trim()}'`;
const versions = '/api/alpha/repository/collection/iwa-ait/version';

let server: TestRepository;
let others: Server[];
beforeEach(async () => {
  server = await TestRepository.start('old');
  others = [];
});
afterEach(async () => {
  for (const other of others) {
    other.closeAllConnections();
    other.close();
  }
  await server[Symbol.asyncDispose]();
});

const portOf = async (other: Server): Promise<number> => {
  others.push(other);
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  return (other.address() as AddressInfo).port;
};

/** Passes requests on to the repository, whatever host they name. */
const forward: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url ?? '', server.url);
  const { method, headers } = request;
  const onward = http.request(new URL(pathname, server.url), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
};

const make = (more: NodeJS.ProcessEnv = {}) => runClient(['make', '-c', command], { ...server.environment, ...more });
const restore = (more: NodeJS.ProcessEnv = {}, ...flags: string[]) =>
  runClient(['restore', '-c', 'cat', ...flags], { ...server.environment, ...more });

describe('a backup', () => {
  it('is one chunked request of raw bytes, with the token in its header', async () => {
    const seen: http.IncomingHttpHeaders[] = [];
    server.intervene = ({ method, url, headers }) => {
      if (method === 'POST' && url === versions) seen.push(headers);
      return false;
    };
    expect(await make()).toMatchObject({ exitCode: 0 });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ authorization: `Bearer ${server.token}`, 'transfer-encoding': 'chunked' });
    expect(Object.keys(seen[0] ?? {})).not.toContain('content-type');
    expect(server.versions[0]?.bytes.toString()).toBe(message);
  });

  it.each([200, 201, 202])('is done when the server answers %s', async (status) => {
    server.intervene = (request, response) => {
      if (request.method !== 'POST' || request.url !== versions) return false;
      request.resume().once('end', () => response.writeHead(status).end());
      return true;
    };
    expect(await make()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('msg="Version uploaded"') });
  });

  it.each([
    ['old', 301],
    ['old', 307],
    ['new', 307],
  ] as const)('is refused when a server of the %s kind redirects it (%s)', async (kind, status) => {
    let redirected = 0;
    const location = `http://127.0.0.1:${await portOf(http.createServer(() => redirected++))}/`;
    server.intervene = (request, response) => {
      const isUpload = kind === 'new' || request.url === versions;
      if (request.method !== 'POST' || !isUpload) return false;
      // A server reads on for a while: a connection that it closed at once might take its answer along.
      request.resume().once('end', () => response.writeHead(status, { location }).end());
      return true;
    };
    expect(await make()).toMatchObject({ exitCode: 14, stderr: expect.stringContaining(`answered ${status}`) });
    expect([redirected, server.versions.length]).toEqual([0, 0]);
  });

  it('shows what the server said when it refused', async () => {
    server.intervene = (request, response) => {
      if (request.method !== 'POST' || request.url !== versions) return false;
      const words = JSON.stringify({ error: 'no backup window is open' });
      request.resume().once('end', () => response.writeHead(403).end(words));
      return true;
    };
    expect(await make()).toMatchObject({ exitCode: 14, stderr: expect.stringContaining('no backup window is open') });
  });
});

describe('a restore', () => {
  beforeEach(() => void server.store(Buffer.from(message)));

  it.each([
    [[], 'latest'],
    [['--version', 'v1'], 'v1'],
    [['-s', '1'], '1'],
  ] as const)('asks for the version as it is named: %j', async (flags, name) => {
    expect((await restore({}, ...flags)).stdout).toBe(message);
    expect(server.requests).toMatchObject([{ method: 'GET', path: `${versions}/${name}` }]);
  });

  it.each(['/', '//'])('takes a URL that ends with %s', async (end) => {
    expect(await restore({ BM_URL: `${server.url}${end}` })).toMatchObject({ exitCode: 0, stdout: message });
  });

  it('keeps names inside their place in the path', async () => {
    await restore({ BM_COLLECTION_ID: '../other' }, '--version', '../../x?y');
    expect(server.requests[0]?.path).toBe('/api/alpha/repository/collection/..%2Fother/version/..%2F..%2Fx%3Fy');
  });

  it('follows redirects, and shows its token to no other server', async () => {
    const tokens: (string | undefined)[] = [];
    const port = await portOf(
      http.createServer(({ headers }, response) => {
        tokens.push(headers.authorization);
        response.end(message);
      }),
    );
    server.intervene = ({ url }, response) => {
      const there = url === '/moved' ? `http://127.0.0.1:${port}/blob` : '/moved';
      response.writeHead(302, { location: there }).end();
      return true;
    };
    expect(await restore()).toMatchObject({ exitCode: 0, stdout: message });
    expect(server.requests.map(({ path }) => path)).toEqual([`${versions}/latest`, '/moved']);
    expect(tokens).toEqual([undefined]);
  });
});

describe('the way to a server', () => {
  it('goes through HTTP_PROXY, and not for what NO_PROXY names', async () => {
    const hosts: string[] = [];
    const port = await portOf(
      http.createServer((request, response) => {
        hosts.push(new URL(request.url ?? '').host);
        forward(request, response);
      }),
    );
    const proxy = { HTTP_PROXY: `http://127.0.0.1:${port}`, BM_URL: 'http://backups.invalid' };
    expect(await make(proxy)).toMatchObject({ exitCode: 0 });
    expect((await restore(proxy)).stdout).toBe(message);
    expect(new Set(hosts)).toEqual(new Set(['backups.invalid']));
    hosts.length = 0;
    expect((await restore({ ...proxy, BM_URL: server.url, NO_PROXY: '127.0.0.1' })).stdout).toBe(message);
    expect(hosts).toEqual([]);
  });

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

  it.skipIf(!hasOpenssl)('is trusted by the roots of the machine only (openssl)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'roots-'));
    try {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const subject = ['-subj', '/CN=backups', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
      const keys = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert];
      execFileSync('openssl', ['req', '-x509', ...keys, ...subject], { stdio: 'ignore' });
      const port = await portOf(https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, forward));
      server.store(Buffer.from(message));
      const run = async (more: NodeJS.ProcessEnv): Promise<unknown> => {
        const client = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), 'restore', '-c', 'cat'], {
          env: { PATH: process.env['PATH'], ...server.environment, BM_URL: `https://127.0.0.1:${port}`, ...more },
          stdio: 'ignore',
        });
        return (await once(client, 'exit'))[0];
      };
      expect(await run({ SSL_CERT_FILE: cert })).toBe(0);
      expect(await run({ BM_TIMEOUT: '2' })).not.toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
