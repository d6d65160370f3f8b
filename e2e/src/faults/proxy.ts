import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export interface ProxyFaults {
  /** Bytes from the client after which a connection is cut; asked once for each connection. */
  cutUpAfter?: () => number;
  /** The same for bytes from the server. */
  cutDownAfter?: () => number;
  /** Changes what the client sends. */
  changeUp?: (chunk: Buffer) => Buffer;
}

/** A TCP proxy on loopback that cuts connections and changes bytes. */
export async function startProxy(
  target: string,
  faults: ProxyFaults,
): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(port), hostname);
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => sockets.delete(socket));
    }
    client.pipe(limited(faults.cutUpAfter?.(), cut, faults.changeUp)).pipe(upstream);
    upstream.pipe(limited(faults.cutDownAfter?.(), cut)).pipe(client);
    client.on('close', cut);
    upstream.on('close', () => client.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function limited(limit = Number.POSITIVE_INFINITY, cut: () => void, change = (chunk: Buffer) => chunk): Transform {
  let left = limit;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const passed = chunk.subarray(0, Math.min(left, chunk.length));
      left -= passed.length;
      this.push(change(passed));
      if (left <= 0) setImmediate(cut);
      done();
    },
  });
}
