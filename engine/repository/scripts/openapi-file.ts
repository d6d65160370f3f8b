import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { createFilesystemProvider, openFilesystemBlobs, openSqliteMetadata, startRepository } from '../src/index.ts';

/** The document as a server says it, and where it is kept. */
export const openApiFile = async (): Promise<{ path: string; content: string }> => {
  const home = await mkdtemp(path.join(tmpdir(), 'backstay-openapi-'));
  try {
    const running = await startRepository({
      host: '127.0.0.1',
      port: 0,
      configuration: createFilesystemProvider(home, 'backups'),
      metadata: await openSqliteMetadata(path.join(home, 'repository.db')),
      blobs: await openFilesystemBlobs(path.join(home, 'blobs')),
      jwtKey: 'only for this',
      logger: pino({ level: 'silent' }),
      drainTime: 0,
    });
    try {
      const response = await fetch(`${running.url}/api/stable/openapi.json`);
      const document: unknown = await response.json();
      const file = path.join(import.meta.dirname, '../../../docs/api/repository.openapi.json');
      return { path: file, content: `${JSON.stringify(document, null, 2)}\n` };
    } finally {
      await running.stop();
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};
