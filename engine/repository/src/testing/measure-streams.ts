import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'yaml';
import { encodePassword } from '../access/passwords.ts';

/* Measures one big upload and download against a server of its own process, beside a plain socket into a file with SHA-256.
 * Run with Node: `node measure-streams.ts [MiB]`. Prints one JSON line for each figure. */

const mebibyte = 1024 * 1024;
const size = Number(process.argv[2] ?? 1024) * mebibyte;
const block = Buffer.concat([Buffer.from([0x85, 0x01, 0x0c, 0x03]), randomBytes(mebibyte - 4)]);

const print = (figure: Record<string, unknown>): void => {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
};

function* content(): Generator<Buffer> {
  for (let at = 0; at < size; at += block.length) {
    yield block;
  }
}

const timed = async (work: () => Promise<void>): Promise<number> => {
  const started = performance.now();
  await work();
  return Math.round(size / mebibyte / ((performance.now() - started) / 1000));
};

const send = async (url: string, headers: Record<string, string>, method = 'POST'): Promise<string> => {
  const outgoing = request(url, { method, headers });
  const answered = once(outgoing, 'response') as Promise<[Readable]>;
  await pipeline(Readable.from(content()), outgoing);
  const [response] = await answered;
  return (await response.toArray()).join('');
};

/** The same bytes over a socket into a file of the same disk, hashed and synced: as fast as it gets. */
const peer = async (home: string): Promise<number> => {
  const server = createServer(async (incoming, response) => {
    const file = await open(path.join(home, 'peer'), 'w');
    const hash = createHash('sha256');
    for await (const chunk of incoming) {
      hash.update(chunk);
      await file.write(chunk);
    }
    await file.sync();
    await file.close();
    response.end(hash.digest('hex'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rate = await timed(async () => {
    await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {});
  });
  server.closeAllConnections();
  server.close();
  return rate;
};

const memoryOf = async (pid: number): Promise<{ now: number; peak: number }> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const read = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { now: read('VmRSS'), peak: read('VmHWM') };
};

/** User and system time, in seconds. */
const cpuOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
};

const configure = async (home: string): Promise<void> => {
  const resources = path.join(home, 'configuration', 'backups', 'backups.riotkit.org', 'v1alpha1');
  const put = async (plural: string, name: string, spec: unknown): Promise<void> => {
    await mkdir(path.join(resources, plural), { recursive: true });
    await writeFile(path.join(resources, plural, `${name}.yaml`), stringify({ metadata: { name }, spec }));
  };
  await put('backupusers', 'admin', { email: '', roles: ['systemAdmin'], password: await encodePassword('secret') });
  await put('backupcollections', 'big', {
    filenameTemplate: 'big-${version}',
    maxBackupsCount: 2,
    maxOneVersionSize: '100G',
    maxCollectionSize: '200G',
    strategyName: 'fifo',
  });
};

const home = await mkdtemp(path.join(tmpdir(), 'backstay-measure-'));
await configure(home);
const script = path.join(import.meta.dirname, '..', 'faults', 'faulty-repository.ts');
const child = spawn(process.execPath, [script, home], { stdio: ['pipe', 'pipe', 'inherit'] });
try {
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const pid = child.pid ?? 0;
  print({ name: 'memory at start (MiB)', ...(await memoryOf(pid)) });
  const login = await fetch(`${url}/api/stable/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: 'secret' }),
  });
  const { data } = (await login.json()) as { data: { token: string } };
  const headers = { authorization: `Bearer ${data.token}` };
  const base = `${url}/api/stable/repository/collection/big/version`;
  for (let round = 0; round < 2; round += 1) {
    print({ name: 'peer: socket to file with SHA-256 (MiB/s)', value: await peer(home) });
    const before = await cpuOf(pid);
    const upload = await timed(async () => {
      const answer = await send(base, headers);
      if (!answer.includes('"sha256"')) {
        throw new Error(answer);
      }
    });
    print({
      name: 'upload (MiB/s)',
      value: upload,
      cpuSeconds: (await cpuOf(pid)) - before,
      memory: await memoryOf(pid),
    });
  }
  for (const reader of ['first', 'second']) {
    const started = performance.now();
    const before = await cpuOf(pid);
    let firstByte = 0;
    const download = await timed(async () => {
      const response = await fetch(`${base}/latest`, { headers });
      for await (const _chunk of response.body ?? []) {
        firstByte ||= performance.now() - started;
      }
    });
    print({
      name: `download, ${reader} (MiB/s)`,
      value: download,
      firstByteMs: Math.round(firstByte),
      cpuSeconds: (await cpuOf(pid)) - before,
      memory: await memoryOf(pid),
    });
  }
} finally {
  child.kill('SIGTERM');
  await once(child, 'exit');
  await rm(home, { recursive: true, force: true });
}
