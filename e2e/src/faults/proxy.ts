import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Toxic, Wire } from './toxics.ts';

/** What happens to each direction of a connection; asked once for each, with its number from 0. */
export interface ProxyFaults {
  up?: (connection: number) => Toxic | undefined;
  down?: (connection: number) => Toxic | undefined;
}

export interface FaultyProxy {
  readonly url: string;
  /** Opened by the client so far. */
  readonly connections: number;
  /** How many of them a toxic ended, stalled or silenced. */
  readonly broken: number;
  /** For how many milliseconds the client kept each of those on which a direction passed nothing any more. */
  readonly stalls: readonly number[];
  [Symbol.asyncDispose](): Promise<void>;
}

interface Direction {
  readonly from: Socket;
  readonly to: Socket;
  readonly toxic: Toxic | undefined;
}

class Connection implements Wire {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #noteStall: (milliseconds: number) => void;
  #silent = false;
  broken = false;

  constructor(client: Socket, upstream: Socket, noteStall: (milliseconds: number) => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#noteStall = noteStall;
  }

  carry({ up, down }: { up: Toxic | undefined; down: Toxic | undefined }): void {
    this.#carry({ from: this.#client, to: this.#upstream, toxic: up });
    this.#carry({ from: this.#upstream, to: this.#client, toxic: down });
  }

  close(): void {
    this.broken = true;
    this.destroy();
  }

  reset(): void {
    this.broken = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  silence(): void {
    this.broken = true;
    this.#silent = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  stall(): void {
    this.broken = true;
    const since = performance.now();
    let ended = false;
    const end = (): void => {
      if (!ended) this.#noteStall(performance.now() - since);
      ended = true;
    };
    this.#client.once('end', end).once('close', end);
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  get #sockets(): readonly Socket[] {
    return [this.#client, this.#upstream];
  }

  /** An end is passed on behind the last byte, as late as the toxic wants; a break at once. */
  #carry({ from, to, toxic }: Direction): void {
    from.setNoDelay(true).on('error', () => undefined);
    from.on('close', () => {
      if (this.#silent) return;
      if (!from.readableEnded) to.destroy();
      // Nobody reads any more what the other side still says.
      to.unpipe().resume();
    });
    if (toxic) from.pipe(toxic(this)).pipe(to);
    else from.pipe(to);
  }
}

/** A TCP proxy on loopback that hurts connections. */
export async function startProxy(target: string, faults: ProxyFaults): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const connections: Connection[] = [];
  const stalls: number[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    const upstream = net.connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const number = connections.length;
    const connection = new Connection(client, upstream, (milliseconds) => stalls.push(milliseconds));
    connections.push(connection);
    connection.carry({ up: faults.up?.(number), down: faults.down?.(number) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections.length;
    },
    get broken() {
      return connections.filter(({ broken }) => broken).length;
    },
    stalls,
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) connection.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
