import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CollectionApi } from '../harness/repository-api.ts';
import { mebibyte } from './options.ts';

/** Starts as a binary OpenPGP message does. */
const block = Buffer.concat([Buffer.from([0x85, 0x01, 0x0c, 0x03]), randomBytes(mebibyte - 4)]);

export type OnMib = (done: number) => void;

/** `onMib` hears of each MiB that goes. */
export function* content(mib: number, onMib: OnMib = () => {}): Generator<Buffer> {
  for (let done = 0; done < mib; done += 1) {
    onMib(done);
    yield block;
  }
}

/** Of {@link content}; made beforehand, so that it costs the measured time nothing. */
export function digestOfContent(mib: number): string {
  const hash = createHash('sha256');
  for (const piece of content(mib)) hash.update(piece);
  return hash.digest('hex');
}

async function send(
  url: string,
  options: { method: string; headers?: Record<string, string> },
  body: Iterable<Buffer>,
) {
  const outgoing = request(url, options);
  const source = Readable.from(body, { objectMode: false, highWaterMark: mebibyte });
  const [, [reply]] = await Promise.all([
    pipeline(source, outgoing),
    once(outgoing, 'response') as Promise<[IncomingMessage]>,
  ]);
  await reply.toArray();
  return reply.statusCode ?? 0;
}

/** To the plain server. */
export const put = (url: string, mib: number): Promise<number> => send(url, { method: 'PUT' }, content(mib));

const must = (what: string, status: number, expected: number): void => {
  if (status !== expected) throw new Error(`${what} is answered ${status}`);
};

/** As clients of before do: one request, whose end is the commit. The server waits a moment for them to take it back. */
export async function uploadPlainly(api: CollectionApi, mib: number, onMib?: OnMib): Promise<void> {
  must('the upload', await api.upload(content(mib, onMib)), 200);
}

/** By the commit protocol: reserve, append, commit by digest. */
export async function uploadBySteps(api: CollectionApi, mib: number, more: { sha256: string; onMib?: OnMib }) {
  const opened = await api.call('POST', 'uploads', { key: randomUUID() });
  must('the reservation', opened.status, 201);
  const url = `${api.base}/uploads/${opened.data.upload.id}`;
  const headers = { ...api.headers, 'upload-offset': '0' };
  must('the append', await send(url, { method: 'PATCH', headers }, content(mib, more.onMib)), 200);
  const end = { sha256: more.sha256, size: mib * mebibyte };
  must('the commit', (await api.call('POST', `uploads/${opened.data.upload.id}/finalise`, end)).status, 200);
}
