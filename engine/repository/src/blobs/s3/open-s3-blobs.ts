import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { BufferPool } from '../buffer-pool.ts';
import type { RetryPolicy } from '../retries.ts';
import { S3BlobStore } from './s3-blob-store.ts';
import { S3Requests } from './s3-requests.ts';
import { partBytes } from './s3-segments.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Location {
  readonly bucket: string;
  /** Stands before every key. */
  readonly prefix: string;
  /** Undefined: from the environment or the profile. */
  readonly region: string | undefined;
  /** A URL. Undefined: Amazon's own. */
  readonly endpoint: string | undefined;
  readonly tls: boolean;
  readonly forcePathStyle: boolean;
  readonly profile: string | undefined;
}

/** Times in milliseconds. */
export interface S3BlobOptions {
  /** Default: the standard chain of AWS (variables, profiles, roles). */
  readonly credentials?: S3Credentials | undefined;
  /** Memory for all uploads together, in bytes; more of them wait, then are refused. Default: 256 MiB. */
  readonly memory?: number;
  readonly retries?: Partial<RetryPolicy>;
  /** Of a request that carries or copies bytes. Default: 10 minutes. */
  readonly transferTimeout?: number;
  /** Of any other. Default: 30 seconds. */
  readonly requestTimeout?: number;
  /** How long an upload waits for memory. Default: 5 seconds. */
  readonly memoryWait?: number;
  /** How large a segment of staged bytes becomes that starts at a byte. For tests. */
  readonly targetOf?: (start: number) => number;
}

const maxSockets = 512;
const connectionTimeout = 5000;
const quiet = { trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const clientConfig = (location: S3Location, credentials: S3Credentials | undefined): S3ClientConfig => {
  const { region, endpoint, profile, tls, forcePathStyle } = location;
  const fallback = endpoint === undefined ? undefined : 'us-east-1';
  return {
    ...(region === undefined && fallback === undefined ? {} : { region: region ?? fallback ?? '' }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined || profile !== undefined ? {} : { credentials }),
    tls,
    forcePathStyle,
    // Repeating is ours: it must settle what became of a request whose answer was lost.
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    logger: quiet,
    requestHandler: {
      connectionTimeout,
      httpAgent: new HttpAgent({ keepAlive: true, maxSockets }),
      httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets }),
    },
  };
};

/** About a minute of trying altogether. */
const defaultRetries: RetryPolicy = {
  attempts: 12,
  baseDelay: 100,
  maxDelay: 10_000,
  sleep: (milliseconds) => delay(milliseconds),
  random: Math.random,
};

/** Keeps blobs in a bucket, which must exist. Sends nothing yet. */
export const openS3Blobs = (location: S3Location, options: S3BlobOptions = {}): S3BlobStore => {
  const requests = new S3Requests({
    client: new S3Client(clientConfig(location, options.credentials)),
    bucket: location.bucket,
    retries: { ...defaultRetries, ...options.retries },
    transferTimeout: options.transferTimeout ?? 600_000,
    requestTimeout: options.requestTimeout ?? 30_000,
  });
  const memory = options.memory ?? 256 * 1024 * 1024;
  const pool = new BufferPool({
    bufferBytes: partBytes,
    maxBuffers: Math.max(1, Math.floor(memory / partBytes)),
    maxWaiting: 256,
    maxWait: options.memoryWait ?? 5000,
  });
  const { targetOf } = options;
  return new S3BlobStore({ requests, pool, prefix: location.prefix, ...(targetOf === undefined ? {} : { targetOf }) });
};
