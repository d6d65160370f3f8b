import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseStorageUrl } from './storage-url.ts';

const s3 = {
  kind: 's3',
  bucket: 'backups',
  prefix: '',
  region: undefined,
  endpoint: undefined,
  tls: true,
  forcePathStyle: false,
  profile: undefined,
};

it.each([
  ['s3://backups', {}],
  ['s3://backups/', {}],
  ['s3://backups?region=eu-central-1&awssdk=v2&profile=night', { region: 'eu-central-1', profile: 'night' }],
  [
    's3://backups?endpoint=minio:9000&disableSSL=true&s3ForcePathStyle=1&region=us-east-1',
    { endpoint: 'http://minio:9000', tls: false, forcePathStyle: true, region: 'us-east-1' },
  ],
  ['s3://backups?endpoint=https://s3.example.org&disableSSL=true', { endpoint: 'https://s3.example.org', tls: false }],
  ['s3://backups?endpoint=s3.example.org&disableSSL=f', { endpoint: 'https://s3.example.org' }],
  ['s3://backups?prefix=some/where/', { prefix: 'some/where/' }],
])('%s', (url, expected) => {
  expect(parseStorageUrl(url)).toEqual({ ...s3, ...expected });
});

it.each([
  ['file:///var/lib/backups', '/var/lib/backups', false],
  ['file:///var/lib/backups?create_dir=1&metadata=skip', '/var/lib/backups', true],
  ['file:///var/lib/backups?create_dir=', '/var/lib/backups', false],
  ['file:///var/lib/b%20c?prefix=a/b/', '/var/lib/b c/a/b', false],
  ['file://./rel', path.resolve('rel'), false],
])('%s', (url, folder, create) => {
  expect(parseStorageUrl(url)).toEqual({ kind: 'folder', folder, create });
});

it.each([
  ['', 'must have the form'],
  ['mem://', 'must have the form'],
  ['s3://', 'must have the form'],
  ['s3://b', 'must name a bucket'],
  ['s3://bucket/folder', 'must name a bucket'],
  ['s3://key:secret@bucket', 'must name a bucket'],
  ['s3://bucket?accelerate=true', 'unknown parameter: accelerate'],
  ['s3://bucket?region=a&region=b', 'twice'],
  ['s3://bucket?disableSSL=yes', 'must be true or false'],
  ['s3://bucket?awssdk=v3', 'v1 or v2'],
  ['s3://bucket?endpoint=http://', 'The endpoint'],
  ['s3://bucket?endpoint=u:p@host', 'The endpoint'],
  ['s3://bucket?prefix=a%0Ab', 'The prefix'],
  ['file:///a?prefix=../', 'The prefix'],
  ['file:///a?prefix=a/../b/', 'The prefix'],
  ['file:///a?metadata=keep', 'skip'],
  ['file:///a?mode=0600', 'unknown parameter: mode'],
  ['gs://bucket', 'Put an S3 gateway'],
])('refuses %s', (url, message) => {
  expect(() => parseStorageUrl(url)).toThrow(message);
});

it('refuses a bucket of Google Cloud with words that help', () => {
  expect(() => parseStorageUrl('my-bucket', { googleCloud: true })).toThrow('S3 gateway');
});

it('never leaves the folder that it was given', () => {
  fc.assert(
    fc.property(fc.string(), (prefix) => {
      try {
        const location = parseStorageUrl(`file:///base?prefix=${encodeURIComponent(prefix)}`);
        expect(location.kind === 'folder' && `${location.folder}/`.startsWith('/base/')).toBe(true);
      } catch (error) {
        expect(String(error)).toContain('The prefix');
      }
    }),
  );
});
