import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Harness } from './harness.ts';

/** A client that decides itself what goes over the wire and when. */
export interface RawClient {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): Promise<void>;
  /** Everything received once the pattern appears, or the connection ended. */
  receive(until: RegExp): Promise<string>;
}

export const rawClient = async (harness: Pick<Harness, 'url'>): Promise<RawClient> => {
  const { hostname, port } = new URL(harness.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  return {
    socket,
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    receive: async (until) => {
      while (!until.test(received) && !socket.destroyed && !socket.readableEnded) {
        await delay(5);
      }
      return received;
    },
  };
};

export const requestHead = (target: string, headers: Record<string, string>): string =>
  `${target} HTTP/1.1\r\nHost: repository\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

export const chunk = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

/** Waits for something to become true, at most ten seconds. */
export const eventually = async (check: () => Promise<boolean> | boolean): Promise<void> => {
  const end = Date.now() + 10_000;
  while (!(await check())) {
    if (Date.now() > end) {
      throw new Error('It never became true');
    }
    await delay(10);
  }
};
