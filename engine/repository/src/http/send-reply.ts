import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';
import { sendStream } from './send-stream.ts';

const maxDrainBytes = 16 * 1024 * 1024;
const maxDrainTime = 5000;

/** Takes in what the client is still sending, within bounds, so that it can read the answer; then cuts it off. */
const drain = (request: IncomingMessage): void => {
  if (request.complete || request.destroyed) {
    return;
  }
  let left = maxDrainBytes;
  const cut = (): void => {
    request.socket.destroy();
  };
  const timer = setTimeout(cut, maxDrainTime);
  const done = (): void => clearTimeout(timer);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) {
      cut();
    }
  });
  request.once('end', done);
  request.once('close', done);
  request.resume();
};

/** Sends the answer. A stream that fails leaves the connection destroyed: the client must not take it for complete. */
export const sendReply = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: { reply: Reply; closeConnection: boolean },
): Promise<void> => {
  const { reply, closeConnection } = options;
  if (response.destroyed || response.headersSent) {
    reply.stream?.destroy();
    return;
  }
  if (closeConnection) {
    response.setHeader('connection', 'close');
  }
  if (reply.stream === undefined) {
    // Small answers came with their length, and not in chunks, before.
    response.setHeader('content-length', Buffer.byteLength(reply.body ?? ''));
  }
  response.writeHead(reply.status, reply.headers);
  if (reply.stream !== undefined) {
    await sendStream(reply.stream, response);
    return;
  }
  response.end(reply.body);
  drain(request);
};
