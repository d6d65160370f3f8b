import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectionSpec, createShop, type Harness } from '../testing/harness.ts';
import { armoured, binaryMessage } from '../testing/messages.ts';
import { chunk, type RawClient, rawClient, requestHead } from '../testing/raw-client.ts';

/* Requests byte by byte as the client of the old ecosystem, curl and Python send them. */

let shop: Harness;
let token: string;
const path = '/api/alpha/repository/collection/shop-db/version';

beforeAll(async () => {
  shop = await createShop();
  await shop.put('BackupCollection', 'shop-db', { ...collectionSpec, maxBackupsCount: 4 });
  token = await shop.login('admin');
});
afterAll(() => shop.stop());

/** Sends parts, each in a packet of its own, and gives the whole answer. */
const exchange = async (parts: readonly (string | Uint8Array)[], pause = 0): Promise<string> => {
  const client = await rawClient(shop);
  client.socket.setNoDelay(true);
  for (const part of parts) {
    await client.send(part);
    await delay(pause);
  }
  return await wholeAnswer(client);
};

const wholeAnswer = async (client: RawClient): Promise<string> => {
  const head = await client.receive(/\r\n\r\n/);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const answer = await client.receive(new RegExp(`\\r\\n\\r\\n[\\s\\S]{${Math.min(length, 60_000)}}`));
  client.socket.destroy();
  return answer;
};
const statusLine = (answer: string): string => answer.split('\r\n')[0] ?? '';
const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));

// What Go's client sends for a body of unknown length: no Content-Type.
const goUpload = (): string =>
  requestHead(`POST ${path}`, {
    'User-Agent': 'Go-http-client/1.1',
    Authorization: `Bearer ${token}`,
    'Transfer-Encoding': 'chunked',
    'Accept-Encoding': 'gzip',
  });
const end = '0\r\n\r\n';

/** The latest version, as it is stored. */
const latest = async (): Promise<Buffer> => {
  const response = await fetch(`${shop.url}${path}/latest`, { headers: { authorization: `Bearer ${token}` } });
  return Buffer.from(await response.arrayBuffer());
};

describe('login', () => {
  it('as Go and Python send it: JSON', async () => {
    const body = '{"username":"admin","password":"secret"}';
    const head = { 'Content-Type': 'application/json', 'Content-Length': String(body.length), Accept: '*/*' };
    const answer = await exchange([requestHead('POST /api/stable/auth/login', head), body]);
    expect(statusLine(answer)).toBe('HTTP/1.1 200 OK');
    expect(bodyOf(answer)).toMatchObject({ status: true, data: { token: expect.stringMatching(/^ey/) } });
  });

  it('as curl --data sends it: urlencoded', async () => {
    const body = 'username=admin&password=secret';
    const head = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': String(body.length) };
    const answer = await exchange([requestHead('POST /api/stable/auth/login', head), body]);
    expect(statusLine(answer)).toBe('HTTP/1.1 200 OK');
    expect(Object.keys(bodyOf(answer).data)).toEqual(['expire', 'msg', 'sessionId', 'token']);
  });
});

describe('an upload with a chunked body', () => {
  const half = (text: string, message: Buffer): number => message.indexOf(text) + Math.floor(text.length / 2);
  const cut = (message: Buffer, ...at: number[]): Buffer[] =>
    [0, ...at].map((start, index) => message.subarray(start, at[index]));

  it.each<[string, (message: Buffer) => Buffer[]]>([
    ['in one chunk', (message) => [message]],
    ['byte by byte', (message) => [...message].map((byte) => Buffer.of(byte))],
    ['with its header in two chunks', (message) => cut(message, half('-----BEGIN PGP MESSAGE', message))],
    ['with its footer in two chunks', (message) => cut(message, half('-----END PGP MESSAGE', message))],
    ['with one byte before the rest', (message) => cut(message, 1)],
    ['with one byte after the rest', (message) => cut(message, message.length - 1)],
    ['with header and footer in chunks of their own', (message) => cut(message, 27, message.indexOf('-----END'))],
    [
      'with text around the message',
      (message) => [Buffer.from('Comment\n'), message, Buffer.from('\ntrailing text\n')],
    ],
    ['of a binary message, header in two chunks', () => cut(binaryMessage(500), 1)],
    ['of a binary message, byte by byte', () => [...binaryMessage(60)].map((byte) => Buffer.of(byte))],
  ])('%s', async (_name, split) => {
    const parts = split(armoured(300));
    const answer = await exchange([goUpload(), ...parts.map((part) => chunk(part)), end]);
    expect(statusLine(answer), answer).toBe('HTTP/1.1 200 OK');
    expect(bodyOf(answer).data.version.filesize).toBe(Buffer.concat(parts).length);
    expect((await latest()).equals(Buffer.concat(parts))).toBe(true);
  });

  it('whose header comes with a pause in the middle', async () => {
    const message = armoured(100);
    const answer = await exchange([goUpload(), chunk(message.subarray(0, 9)), chunk(message.subarray(9)), end], 120);
    expect(statusLine(answer)).toBe('HTTP/1.1 200 OK');
  });

  it('whose chunk lines come in pieces, with extensions, capitals and trailers', async () => {
    const message = armoured(300);
    const size = message.length.toString(16).toUpperCase();
    const parts = [goUpload(), size.slice(0, 1), size.slice(1), ';name=value\r', '\n', message, '\r', '\n0', '\r\n'];
    const answer = await exchange([...parts, 'X-Trailer: 1\r\n', '\r\n'], 5);
    expect(statusLine(answer), answer).toBe('HTTP/1.1 200 OK');
    expect((await latest()).equals(message)).toBe(true);
  });

  it('that is empty', async () => {
    const answer = await exchange([goUpload(), end]);
    expect(statusLine(answer)).toBe('HTTP/1.1 500 Internal Server Error');
    expect(bodyOf(answer).error).toMatch(/first chunk of uploaded data does not contain a valid GPG header$/);
  });
});

describe('an upload as curl sends it', () => {
  it('--data-binary, with the content type of a form', async () => {
    const message = armoured(2000);
    const head = requestHead(`POST ${path}`, {
      'User-Agent': 'curl/7.88.1',
      Accept: '*/*',
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(message.length),
    });
    expect(statusLine(await exchange([head, message]))).toBe('HTTP/1.1 200 OK');
    expect((await latest()).equals(message)).toBe(true);
  });

  it('--form file=@backup.gpg, waiting for leave', async () => {
    const message = armoured(2000);
    const line = '------------------------d74496d66958873e';
    const body = Buffer.concat([
      Buffer.from(`--${line}\r\nContent-Disposition: form-data; name="file"; filename="../backup.gpg"\r\n`),
      Buffer.from('Content-Type: application/octet-stream\r\n\r\n'),
      message,
      Buffer.from(`\r\n--${line}--\r\n`),
    ]);
    const client = await rawClient(shop);
    await client.send(
      requestHead(`POST ${path}`, {
        Authorization: `Bearer ${token}`,
        'Content-Type': `multipart/form-data; boundary=${line}`,
        'Content-Length': String(body.length),
        Expect: '100-continue',
      }),
    );
    expect(await client.receive(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    await client.send(body.subarray(0, 200));
    await client.send(body.subarray(200));
    expect(await client.receive(/200 OK[\s\S]*"status": true/)).toContain('HTTP/1.1 200 OK');
    client.socket.destroy();
    expect((await latest()).equals(message)).toBe(true);
  });
});

describe('a client of HTTP/1.0, and one without a Host', () => {
  it('is answered', async () => {
    const answer = await exchange([`GET /health HTTP/1.0\r\n\r\n`]);
    expect(statusLine(answer)).toBe('HTTP/1.1 200 OK');
  });
});
