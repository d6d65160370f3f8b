import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { sendStream } from './send-stream.ts';

/** What became of a stream that was sent to a client, over a real socket. */
async function sending(stream: Readable, client: (answer: IncomingMessage) => Promise<void>): Promise<unknown> {
  const sent = Promise.withResolvers<unknown>();
  const server = createServer((_request, response: ServerResponse) => {
    sendStream(stream, response).then(
      () => sent.resolve('sent'),
      (error: unknown) => {
        response.destroy();
        sent.resolve(error);
      },
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const [answer] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    await client(answer);
    return await sent.promise;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const piecesOf = (count: number, bytes: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => Buffer.alloc(bytes, index + 1));

it('sends every byte, and gives the memory of pieces back that are nobody else’s', async () => {
  const own = piecesOf(5, 300_000).map((piece) => Buffer.from(new Uint8Array(piece).buffer));
  const shared = Buffer.alloc(1000, 9).subarray(10, 20);
  const expected = Buffer.concat([...own, shared]);
  let received: Buffer | undefined;
  const end = await sending(Readable.from([...own, shared]), async (answer) => {
    received = await buffer(answer);
  });
  expect(end).toBe('sent');
  expect(received?.equals(expected)).toBe(true);
  expect(own.map((piece) => piece.buffer.byteLength)).toEqual([0, 0, 0, 0, 0]);
  expect(shared).toEqual(Buffer.alloc(10, 9));
});

it('keeps the pace of the client', async () => {
  let taken = 0;
  async function* source() {
    for (const piece of piecesOf(200, 256 * 1024)) {
      taken += 1;
      yield piece;
    }
  }
  const end = await sending(Readable.from(source(), { objectMode: false, highWaterMark: 1 }), async (answer) => {
    answer.pause();
    await delay(300);
    expect(taken).toBeLessThan(100);
    answer.resume();
    await once(answer, 'end');
  });
  expect([end, taken]).toEqual(['sent', 200]);
});

it('rejects when the client goes, also while the source is silent, and destroys the source', async () => {
  const source = new Readable({ read: () => undefined });
  source.push(Buffer.from('first'));
  const end = await sending(source, async (answer) => {
    await once(answer, 'data');
    answer.destroy();
  });
  expect(end).toBeInstanceOf(Error);
  expect(source.destroyed).toBe(true);
});

it('rejects with what went wrong in the source', async () => {
  async function* source() {
    yield Buffer.from('first');
    throw new Error('the disk is gone');
  }
  const end = await sending(Readable.from(source()), async (answer) => {
    await new Promise((resolve) => answer.resume().once('close', resolve));
    expect(answer.complete).toBe(false);
  });
  expect(end).toMatchObject({ message: 'the disk is gone' });
});
