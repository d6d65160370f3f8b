import { execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@backstay/kubernetes/testing/free-port';
import { serverUser, waitUntilReady } from './server-process.ts';

const run = promisify(execFile);

export interface RedisServer {
  readonly port: number;
  /** Where TLS is spoken, when it was asked for. */
  readonly tlsPort: number;
  readonly socket: string;
  /** Runs commands, one a line, as the user who may do everything; resolves with what the client prints. */
  commands(...lines: string[]): Promise<string>;
  /** Every key of every database with its content and its time of expiry. */
  content(): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

export interface RedisOptions {
  readonly password: string;
  readonly databases?: number;
  readonly tls?: { readonly certificate: string; readonly key: string };
}

const binary = '/usr/bin/redis-server';

export const redisInstalled = (): boolean => existsSync(binary) && existsSync('/usr/bin/redis-cli');

const listKeys = `
  local all = {}
  for number = 0, tonumber(ARGV[1]) - 1 do
    redis.call('SELECT', number)
    for _, key in ipairs(redis.call('KEYS', '*')) do
      local kind = redis.call('TYPE', key).ok
      local value = redis.sha1hex(redis.call('DUMP', key) or '')
      if kind == 'hash' or kind == 'set' then
        local members = redis.call(kind == 'hash' and 'HGETALL' or 'SMEMBERS', key)
        table.sort(members)
        value = redis.sha1hex(table.concat(members, '|'))
      end
      all[#all + 1] = {number, key, kind .. ' ' .. value .. ' ' .. redis.call('PEXPIRETIME', key)}
    end
  end
  return cjson.encode(all)`;

const latin1 = { encoding: 'latin1', maxBuffer: 256 * 1024 * 1024 } as const;

/** Starts a server of its own on free ports of the loopback. The user \`default\` may do everything. */
export const startRedis = async ({ password, databases = 16, tls }: RedisOptions): Promise<RedisServer> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'procedures-redis-'));
  const user = serverUser('redis');
  if (user) chownSync(folder, user.uid, user.gid);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const socket = path.join(folder, 's');
  const quoted = [...password].map((one) => (/[a-z0-9]/i.test(one) ? one : hexBytes(one))).join('');
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `unixsocket ${socket}`,
    'save ""',
    'appendonly no',
    'repl-diskless-sync-delay 0',
  ];
  settings.push(`dir ${folder}`, `databases ${databases}`, 'unixsocketperm 777', `requirepass "${quoted}"`);
  if (tls) {
    settings.push(`tls-port ${tlsPort}`, `tls-cert-file ${tls.certificate}`, `tls-key-file ${tls.key}`);
    settings.push(`tls-ca-cert-file ${tls.certificate}`, 'tls-auth-clients no');
  }
  const file = path.join(folder, 'redis.conf');
  writeFileSync(file, `${settings.join('\n')}\n`, { mode: 0o644 });
  const server = spawn(binary, [file], { ...user, stdio: 'ignore' });
  const env = { ...process.env, REDISCLI_AUTH: password };
  const login = ['--raw', '-s', socket];
  const commands = async (...lines: string[]): Promise<string> => {
    const input = path.join(folder, 'input');
    writeFileSync(input, `${lines.join('\n')}\n`);
    const command = 'input=$1; shift; exec redis-cli "$@" <"$input"';
    return (await run('/bin/sh', ['-c', command, 'sh', input, ...login], { ...latin1, env })).stdout;
  };
  await waitUntilReady(async () => {
    if (!(await commands('PING')).includes('PONG')) throw new Error('Redis does not answer.');
  }, 20_000);
  return {
    port,
    tlsPort,
    socket,
    commands,
    content: async () => {
      const { stdout } = await run('redis-cli', [...login, 'EVAL', listKeys, '0', String(databases)], {
        ...latin1,
        env,
      });
      const rows = JSON.parse(stdout) as [number, string, string][] | Record<string, never>;
      const list = Array.isArray(rows) ? rows : [];
      return Object.fromEntries(list.map(([number, key, value]) => [`${number} ${key}`, value] as const).sort());
    },
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const hexBytes = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
