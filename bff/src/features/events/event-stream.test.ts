import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { expect, it } from 'vitest';
import { ChangeRing } from './change-ring.ts';
import { streamEvents } from './event-stream.ts';

it('cuts a reader that takes nothing, and holds nothing for it', async () => {
  const ring = new ChangeRing();
  const app = express();
  const ended = Promise.withResolvers<void>();
  app.get('/', async (_request, response) => {
    await streamEvents({
      ring,
      response,
      lastEventId: undefined,
      visible: async () => ({ schedules: 'all', jobs: 'all', collections: true }),
      isAlive: async () => true,
      signal: new AbortController().signal,
      stallMilliseconds: 200,
    });
    ended.resolve();
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }).end();
  client.on('error', () => undefined);
  const [incoming] = await once(client, 'response');
  incoming.pause();
  incoming.on('error', () => undefined);
  const feeding = setInterval(() => {
    for (let count = 0; count < 50; count += 1) ring.add({ noun: 'collections', data: `"${'x'.repeat(20_000)}"` });
  }, 5);
  await ended.promise;
  clearInterval(feeding);
  client.destroy();
  server.close();
  server.closeAllConnections();
});

it('keeps a bounded number of changes', () => {
  const ring = new ChangeRing();
  for (let count = 0; count < 6_000; count += 1) ring.add({ noun: 'jobs', namespace: 'a', data: '{}' });
  expect(ring.after(0, 10)).toBeUndefined();
  expect(ring.after(5_999, 10)).toHaveLength(1);
  expect(ring.after(6_000, 10)).toEqual([]);
  expect(ring.after(6_001, 10)).toBeUndefined();
  expect(ring.sequenceOf(ring.idOf(7))).toBe(7);
});
