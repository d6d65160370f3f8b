import net, { type AddressInfo, type Socket } from 'node:net';

/** What happens to one connection after so many bytes in one direction: it breaks, or nothing passes any more. */
export interface ConnectionFault {
  readonly kind: 'cut' | 'stall';
  readonly direction: 'up' | 'down';
  readonly after: number;
}

/** Stands between client and server. Each connection takes the next fault, until there are none left. */
export class FaultyProxy {
  readonly #server: net.Server;
  readonly #sockets = new Set<Socket>();
  readonly #faults: ConnectionFault[];

  private constructor(target: URL, faults: readonly ConnectionFault[]) {
    this.#faults = [...faults];
    this.#server = net.createServer((client) => {
      const server = net.connect(Number(target.port), target.hostname);
      const fault = this.#faults.shift();
      this.#pass({ from: client, to: server, fault: fault?.direction === 'up' ? fault : undefined });
      this.#pass({ from: server, to: client, fault: fault?.direction === 'down' ? fault : undefined });
    });
  }

  static async start(target: string, faults: readonly ConnectionFault[]): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(new URL(target), faults);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get left(): number {
    return this.#faults.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass({ from, to, fault }: { from: Socket; to: Socket; fault: ConnectionFault | undefined }): void {
    this.#sockets.add(from);
    let left = fault?.after ?? Number.POSITIVE_INFINITY;
    from.on('data', (data) => {
      if (left > 0) to.write(data.subarray(0, left));
      left -= data.length;
      if (left > 0 || fault?.kind !== 'cut') return;
      from.destroy();
      to.destroy();
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
