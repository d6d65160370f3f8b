import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface VersionServer {
  readonly url: string;
  /** What every version is. */
  content: Buffer;
  /** The bytes of which it names the SHA-256, as the real repository does. Undefined: none, as older ones. */
  digest: Buffer | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A repository that is not to be trusted: it sends any bytes as any version. */
export async function startVersionServer(): Promise<VersionServer> {
  const server = http.createServer((_request, response) => {
    const { content, digest } = version;
    const hash = digest && createHash('sha256').update(digest).digest('base64');
    response.writeHead(200, {
      'content-length': content.length,
      ...(hash ? { 'repr-digest': `sha-256=:${hash}:` } : {}),
    });
    response.end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const version: VersionServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    content: Buffer.alloc(0),
    digest: undefined,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return version;
}
