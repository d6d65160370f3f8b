import { randomUUID } from 'node:crypto';
import { type CollectionApi, sha256 } from '../harness/repository-api.ts';
import type { Random } from './random.ts';

/** An armoured message as far as the repository looks; `bytes` before encoding. */
export const message = (random: Random, bytes: number): Buffer =>
  Buffer.from(`-----BEGIN PGP MESSAGE-----\n\n${random.bytes(bytes).toString('base64')}\n-----END PGP MESSAGE-----\n`);

/** Begins, sends and finalises an upload. Gives the status of the step that was refused, or 200. */
export async function storeMessage(api: CollectionApi, body: Buffer): Promise<number> {
  const opened = await api.call('POST', 'uploads', { key: randomUUID() });
  if (opened.status !== 201) return opened.status;
  const { id } = opened.data.upload;
  const sent = await api.append(id, body);
  if (sent.status !== 200) return sent.status;
  const done = await api.call('POST', `uploads/${id}/finalise`, { sha256: sha256(body), size: body.length });
  return done.status;
}

/** Starts as a binary message does; only its first bytes are random. */
export const binaryMessage = (random: Random, bytes: number): Buffer =>
  Buffer.concat([Buffer.from([0x85, 0x01, 0x0c, 0x03]), random.bytes(32), Buffer.alloc(Math.max(0, bytes - 36), 0x5a)]);
