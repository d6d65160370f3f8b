import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** 0: the connection was cut without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** `100 Continue` announces an answer and is none. */
const leave = /^HTTP\/1\.1 100 Continue\r\n\r\n/;

/** Sends bytes that no HTTP library would, one request after the other, over one connection as long as that lives. */
export class RawConnection {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(url: string) {
    this.#port = Number(new URL(url).port);
  }

  /** Everything that came back until the answer was complete or the connection ended. */
  async exchange(bytes: Buffer): Promise<RawAnswer> {
    const socket = await this.#connected();
    let received = '';
    const answered = new Promise<void>((resolve) => {
      const settle = (): void => {
        socket.off('data', take);
        socket.off('close', settle);
        resolve();
      };
      const take = (chunk: Buffer): void => {
        received = (received + chunk.toString('latin1')).replace(leave, '');
        if (isComplete(received)) {
          settle();
        }
      };
      socket.on('data', take);
      socket.on('close', settle);
      socket.write(bytes);
    });
    await answered;
    if (/\r\nconnection: close/i.test(received) || !isComplete(received)) {
      this.close();
    }
    const end = received.indexOf('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1] ?? 0);
    return {
      status,
      head: end === -1 ? received : received.slice(0, end),
      body: end === -1 ? '' : received.slice(end + 4),
    };
  }

  /** The next request has a connection of its own: what the last one left unsaid must not become part of it. */
  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #connected(): Promise<Socket> {
    if (this.#socket !== undefined && !this.#socket.destroyed && this.#socket.writable) {
      return this.#socket;
    }
    const socket = connect(this.#port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    this.#socket = socket;
    return socket;
  }
}

const isComplete = (received: string): boolean => {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) {
    return false;
  }
  const head = received.slice(0, end).toLowerCase();
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  if (length !== undefined) {
    return received.length >= end + 4 + Number(length);
  }
  return head.includes('transfer-encoding: chunked')
    ? received.endsWith('\r\n0\r\n\r\n') || received.includes('\r\n\r\n0\r\n\r\n')
    : true;
};
