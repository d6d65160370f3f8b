import { backupRoutes, DomainError } from '@backstay/shared';
import type { Response } from 'express';
import type { Endpoints } from '../../http/handle.ts';
import { sendStream } from '../../http/send-stream.ts';
import type { Download } from '../../repository/repository-client.ts';
import type { BackupService } from './backup-service.ts';

export function addBackupRoutes(endpoints: Endpoints, backups: BackupService): void {
  endpoints.add(backupRoutes.listCollections, async ({ identity }) => ({ items: await backups.list(identity) }));
  endpoints.add(backupRoutes.listVersions, ({ identity, params }) => backups.versions(identity, params.collection));
  endpoints.add(backupRoutes.downloadVersion, async ({ identity, params, request, response, signal }) => {
    const of = { collection: params.collection, number: versionNumber(params.number) };
    const download = await backups.download(identity, of, { range: request.headers.range, signal });
    setDownloadHeaders(response, download, `${of.collection}-${of.number}.gpg`);
    await sendStream(response, download.body);
  });
}

function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new DomainError('not_found');
  return Number(text);
}

const passedOn = ['content-length', 'content-range', 'accept-ranges', 'etag', 'repr-digest'];

function setDownloadHeaders(response: Response, download: Download, fileName: string): void {
  response.status(download.status).attachment(fileName).type('application/octet-stream');
  response.set('cache-control', 'no-store, no-transform');
  for (const name of passedOn) {
    const value = download.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
}
