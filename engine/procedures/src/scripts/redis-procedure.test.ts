import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScriptBench, type ScriptBench } from '../testing/fake-client.ts';
import { type RedisServer, redisInstalled, startRedis } from '../testing/redis-server.ts';

const password = `it's #1 $HOME \`id\` "q" \\n \\ $( ü\n;`;
const later = 4_000_000_000_000;

const filling = [
  'SELECT 0',
  "EVAL \"for i = 1, 20000 do redis.call('SET', 'key:' .. i, string.rep(tostring(i), 40)) end\" 0",
  String.raw`SET "bin\x00\xff\r\n key $(id) 'q' \"" "\x00\x01\xfe\r\n$6\r\n"`,
  `SET "ümlaut 🐘" "v"`,
  'SET "" empty-name',
  `SET lasting v PXAT ${later}`,
  'SET huge x',
  'SETRANGE huge 5000000 y',
  "EVAL \"for i = 1, 3000 do redis.call('HSET', 'hash', i, i) redis.call('ZADD', 'sorted', i, i) redis.call('RPUSH', 'list', i) end\" 0",
  'SADD set a b c',
  'SADD ints 1 2 3',
  'XADD stream 1-1 field value',
  'XGROUP CREATE stream readers 0',
  'PFADD hyper a b c',
  'SETBIT bits 100000 1',
  'SELECT 3',
  'SET three 3',
  `PEXPIREAT three ${later + 1}`,
  'SELECT 9',
  'HSET nine a 1',
];
const library =
  'FUNCTION LOAD REPLACE "#!lua name=mine\\nredis.register_function(\'twice\', function(_, a) return a[1] * 2 end)"';

describe.skipIf(!redisInstalled())('Redis (server from /usr/bin/redis-server)', { timeout: 60_000 }, () => {
  let server: RedisServer;
  let folder: string;
  let bench: ScriptBench;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'redis-procedure-'));
    const certificate = path.join(folder, 'cert.pem');
    const key = path.join(folder, 'key.pem');
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    execFileSync('chmod', ['755', folder]);
    execFileSync('chmod', ['644', key, certificate]);
    server = await startRedis({ password, tls: { certificate, key } });
    bench = createScriptBench(folder, 'redis');
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const parameters = (change: Record<string, string> = {}) => ({
    BM_PARAM_HOSTNAME: '127.0.0.1',
    BM_PARAM_PORT: String(server.port),
    BM_PARAM_DB: '',
    BM_PARAM_USER: '',
    // In a parameter, $( would begin a command.
    BM_PARAM_PASSWORD: password.replace('$(', '$$('),
    BM_PARAM_TLS: 'false',
    BM_PARAM_CACERTIFICATE: '',
    ...change,
  });

  beforeEach(async () => {
    await server.commands('CONFIG SET maxmemory 0', 'CONFIG SET maxmemory-policy noeviction', 'FLUSHALL');
    rmSync(bench.store, { force: true });
  });

  const backedUp = async () => {
    await server.commands(...filling, library);
    const before = await server.content();
    expect(Object.keys(before).length).toBe(20_015);
    expect(await bench.run('backup', parameters())).toMatchObject({ code: 0 });
    return before;
  };

  const change = async () => {
    const lines = [
      'SELECT 0',
      'DEL key:1 hash',
      'SET key:2 changed',
      'SET new 1',
      'SELECT 3',
      'FLUSHDB',
      'SELECT 5',
      'SET five 5',
    ];
    await server.commands(...lines, 'FUNCTION FLUSH');
    return server.content();
  };

  it('brings every key of every database back, with its time of expiry, and functions', async () => {
    const before = await backedUp();
    await change();
    expect(await bench.run('restore', parameters())).toMatchObject({ code: 0 });
    expect(await server.content()).toEqual(before);
    expect(await server.commands('FCALL twice 0 21')).toContain('42');
    expect(await server.commands('XINFO GROUPS stream')).toContain('readers');
  });

  it('restores one database and leaves the others alone', async () => {
    const before = await backedUp();
    const changed = await change();
    expect(await bench.run('restore', parameters({ BM_PARAM_DB: '3' }))).toMatchObject({ code: 0 });
    const three = Object.entries(before).filter(([key]) => key.startsWith('3 '));
    expect(await server.content()).toEqual({ ...changed, ...Object.fromEntries(three) });
  });

  it('speaks TLS and the local socket', async () => {
    const before = await backedUp();
    const pem = readFileSync(path.join(folder, 'cert.pem'), 'utf8');
    const tls = parameters({
      BM_PARAM_HOSTNAME: 'localhost',
      BM_PARAM_PORT: String(server.tlsPort),
      BM_PARAM_TLS: 'true',
      BM_PARAM_CACERTIFICATE: pem,
    });
    expect(await bench.run('check', { ...tls, BM_OPERATION: 'restore' })).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await bench.run('backup', tls)).toMatchObject({ code: 0 });
    await change();
    expect(await bench.run('restore', tls)).toMatchObject({ code: 0 });
    expect(await server.content()).toEqual(before);
    await change();
    expect(await bench.run('restore', parameters({ BM_PARAM_HOSTNAME: server.socket }))).toMatchObject({ code: 0 });
    expect(await server.content()).toEqual(before);
  });

  it('needs no more than a user of its own with few rights', async () => {
    const before = await backedUp();
    const rights =
      '~* +info +sync +psync +replconf +ping +restore +select +swapdb +flushdb +set +exists +del +multi +exec +echo';
    await server.commands(`ACL SETUSER saver reset on ">it's" ${rights} +acl|whoami +config|get +function`);
    const own = parameters({ BM_PARAM_USER: 'saver', BM_PARAM_PASSWORD: "it's" });
    expect(await bench.run('backup', own)).toMatchObject({ code: 0 });
    await change();
    expect(await bench.run('restore', own)).toMatchObject({ code: 0 });
    expect(await server.content()).toEqual(before);
  });

  it('is as it was when the download is cut or damaged, wherever that is', async () => {
    await backedUp();
    const changed = await change();
    const whole = readFileSync(bench.store);
    const cut = path.join(folder, 'cut');
    for (const length of [0, 4, 9, 200, Math.floor(whole.length / 2), whole.length - 60]) {
      writeFileSync(cut, whole.subarray(0, length));
      expect(await bench.run('restore', { ...parameters(), FAKE_SOURCE: cut }), `cut at ${length}`).toMatchObject({
        code: 1,
      });
    }
    for (const place of [7, 30, Math.floor(whole.length / 3), whole.length - 50]) {
      const bytes = Buffer.from(whole);
      bytes[place] = (bytes[place] ?? 0) ^ 4;
      writeFileSync(cut, bytes);
      expect(await bench.run('restore', { ...parameters(), FAKE_SOURCE: cut }), `flip at ${place}`).toMatchObject({
        code: 1,
      });
    }
    expect(await server.content()).toEqual(changed);
  });

  it('is as it was when it has no room for both, and when there are no empty databases', async () => {
    await backedUp();
    const changed = await change();
    const used = Number(/used_memory:(\d+)/.exec(await server.commands('INFO memory'))?.[1]);
    await server.commands(`CONFIG SET maxmemory ${used + 1_000_000}`, 'CONFIG SET maxmemory-policy allkeys-lru');
    const tight = await bench.run('restore', parameters());
    expect(tight).toMatchObject({ code: 1 });
    expect(tight.stderr).toContain('Raise maxmemory');
    await server.commands('CONFIG SET maxmemory 0');
    expect(await server.content()).toEqual(changed);
    const occupy = [1, 2, 4, 6, 7, 8, 10, 11, 12, 13, 14, 15].flatMap((number) => [`SELECT ${number}`, 'SET x y']);
    await server.commands(...occupy);
    const full = await server.content();
    const refused = await bench.run('restore', parameters());
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('databases');
    expect(await server.content()).toEqual(full);
  });

  it('is as it was when the transaction is refused', async () => {
    await backedUp();
    const changed = await change();
    await server.commands('ACL SETUSER halfway reset on >x ~* +@all -swapdb');
    const result = await bench.run('restore', parameters({ BM_PARAM_USER: 'halfway', BM_PARAM_PASSWORD: 'x' }));
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain('NOPERM');
    expect(await server.content()).toEqual(changed);
  });

  it('clears away what a killed restore left, and lets no second one run', async () => {
    const before = await backedUp();
    await change();
    await server.commands(
      'SELECT 15',
      'SET backstay:restoring 1',
      'SET half x',
      'SET backstay:restoring:alive 1 PX 90000',
    );
    const second = await bench.run('restore', parameters());
    expect(second).toMatchObject({ code: 1 });
    expect(second.stderr).toContain('another restore is running');
    await server.commands('FLUSHALL');
    await server.commands(...filling);
    // A backup in the meantime holds what was prepared, which is no database.
    await server.commands('SELECT 15', 'SET backstay:restoring 1', 'SET half x');
    expect(await bench.run('backup', parameters())).toMatchObject({ code: 0 });
    await change();
    expect(await bench.run('restore', parameters())).toMatchObject({ code: 0 });
    expect(await server.content()).toEqual(before);
  });

  it('fails without a backup when the user may not, and shows the password nowhere', async () => {
    await server.commands('SET a b', 'ACL SETUSER weak reset on >geheim ~* +info +ping');
    const own = parameters({ BM_PARAM_USER: 'weak', BM_PARAM_PASSWORD: 'geheim' });
    const result = await bench.run('backup', own);
    expect(result.code).not.toBe(0);
    expect(() => readFileSync(bench.store)).toThrow();
    expect(result.stderr + result.stdout + readFileSync(`${bench.store}.args`, 'utf8')).not.toContain('geheim');
  });

  it('restores nothing from an empty server', async () => {
    expect(await bench.run('backup', parameters())).toMatchObject({ code: 0 });
    await server.commands('SET a b');
    expect((await bench.run('restore', parameters())).stderr).toContain('holds no keys');
    expect(Object.keys(await server.content())).toEqual(['0 a']);
  });

  describe('a parameter', () => {
    it('is not complained about when it is right', async () => {
      expect(await bench.run('check', parameters())).toEqual({ code: 0, stdout: '', stderr: '' });
      const restore = { ...parameters(), BM_OPERATION: 'restore' };
      expect(await bench.run('check', restore)).toEqual({ code: 0, stdout: '', stderr: '' });
    });

    it.each([
      ['hostname', { BM_PARAM_HOSTNAME: 'no.such.host.invalid' }],
      ['hostname', { BM_PARAM_HOSTNAME: '' }],
      ['hostname', { BM_PARAM_HOSTNAME: '/no/such/socket' }],
      ['port', { BM_PARAM_PORT: '1' }],
      ['port', { BM_PARAM_PORT: 'x' }],
      ['password', { BM_PARAM_PASSWORD: 'wrong' }],
      ['password', { BM_PARAM_PASSWORD: '' }],
      ['password', { BM_PARAM_USER: 'nobody' }],
      ['db', { BM_PARAM_DB: 'zero' }],
      ['tls', { BM_PARAM_TLS: 'true' }],
      ['user', { BM_PARAM_USER: 'weak', BM_PARAM_PASSWORD: 'w' }],
    ])('%s is named when it is wrong: %j', async (name, wrong) => {
      await server.commands('ACL SETUSER weak reset on >w ~* +info +ping +acl');
      const { stdout, code } = await bench.run('check', parameters(wrong));
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^${name}\t`));
    });
  });
});
