import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type fc from 'fast-check';
import { call } from '../testing/api.ts';
import { createShop, type Harness } from '../testing/harness.ts';
import { armoured } from '../testing/messages.ts';
import { asyncTarget, type FuzzFamily, type FuzzTarget, must } from './fuzz-target.ts';
import { type RawAnswer, RawConnection } from './raw-connection.ts';
import { drivesTerminals } from './terminal-text.ts';

const canary = 'canary-of-a-file-that-nobody-may-read';
export const versions = '/api/stable/repository/collection/shop-db/version';
export const uploads = '/api/stable/repository/collection/shop-db/uploads';

export interface World {
  readonly shop: Harness;
  readonly token: string;
  readonly upload: string;
  send(bytes: Buffer): Promise<RawAnswer>;
}

/** What no input may bring about: an error of ours, bytes from elsewhere, a second answer or a header of the sender's. */
const mustBeHarmless = ({ status, head, body }: RawAnswer): void => {
  must(status < 500 || status === 503, `the answer is ${status}`);
  must(!`${head}${body}`.includes(canary), 'nothing from outside is read');
  must(!/\r\nx-injected:/i.test(head) && !/\nset-cookie:/i.test(head), 'no header is split');
  must(!body.includes('HTTP/1.1 '), 'one request has one answer');
};

const mustLogPlainly = (logs: readonly string[]): void => {
  for (const line of logs) {
    must(!drivesTerminals(line.slice(0, -1)), `a log line is one line: ${JSON.stringify(line)}`);
    must(!/unexpectedly/.test(line), `nothing unexpected happens: ${line}`);
  }
};

const openWorld = async (): Promise<World & { close(): Promise<void> }> => {
  const shop = await createShop();
  await writeFile(path.join(shop.home, 'canary'), canary);
  await mkdir(path.join(shop.home, 'configuration', 'other'), { recursive: true });
  await writeFile(path.join(shop.home, 'configuration', 'other', 'canary.yaml'), canary);
  const token = await shop.login('admin');
  await call(shop, `POST ${versions}`, { token, body: armoured(300) });
  const opened = await call(shop, `POST ${uploads}`, { token, json: { key: 'a-key-of-16-letters' } });
  const before = (await readdir(shop.home)).sort();
  const connection = new RawConnection(shop.url);
  return {
    ...{ shop, token, upload: String(opened.body.data.upload.id) },
    send: async (bytes) => {
      const answer = await connection.exchange(bytes);
      mustBeHarmless(answer);
      return answer;
    },
    close: async () => {
      connection.close();
      mustLogPlainly(shop.logs);
      const alive = (await call(shop, 'GET /health')).status === 200;
      const after = (await readdir(shop.home)).sort();
      await shop.stop();
      must(alive, 'the server still answers');
      must(before.join() === after.join(), 'nothing is written elsewhere');
    },
  };
};

export const wireTarget = <T>(definition: {
  name: string;
  family: FuzzFamily;
  weight: number;
  inputs: fc.Arbitrary<T>;
  check(world: World, input: T): Promise<void>;
}): FuzzTarget =>
  asyncTarget({
    ...definition,
    open: async () => {
      const world = await openWorld();
      return { check: (input) => definition.check(world, input), close: world.close };
    },
  });

const headOf = (target: string, headers: Record<string, string>): string =>
  `${target} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}`;

export const request = (target: string, headers: Record<string, string> = {}, body: string | Buffer = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`${headOf(target, headers)}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`, 'utf8'),
    Buffer.from(body),
  ]);

export const asJson = { 'Content-Type': 'application/json' };

/** The target of a request cannot hold what would end it. */
export const urlText = (text: string): string =>
  text.replace(/[\0\r\n \t\v\f]/g, (char) => encodeURIComponent(char)).toWellFormed();
