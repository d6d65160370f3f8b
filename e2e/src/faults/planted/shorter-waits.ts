import type { CodeChange } from './changed-program.ts';

/** How long both programs wait where nothing moves; milliseconds. */
export interface Waits {
  /** Until the client takes another connection. */
  readonly stall: number;
  /** Of the server: a connection without a byte is cut. Not in the code, but a setting. */
  readonly idle: number;
  /** How long an upload outlives its connection, and how often the server looks for such ones. */
  readonly lease: number;
  readonly sweep: number;
}

export const realWaits: Waits = { stall: 60_000, idle: 90_000, lease: 60_000, sweep: 30_000 };
export const shorterWaits: Waits = { stall: 3000, idle: 6000, lease: 1500, sweep: 300 };

const uploads = 'engine/repository/src/uploads/upload-service.ts';
const commit = 'engine/client/src/repository/commit-upload.ts';
const run = 'engine/client/src/run.ts';
const { stall, lease, sweep } = shorterWaits;

/** The same programs in a hurry. What they wait for in truth stands here too: another figure there fits no more. */
export const hurriedServer: readonly CodeChange[] = [
  { file: uploads, code: 'deadConnectionLease = 60_000;', instead: `deadConnectionLease = ${lease};` },
  { file: uploads, code: 'heartbeat = 20_000;', instead: `heartbeat = ${lease / 3};` },
  {
    file: 'engine/repository/src/http/repository-server.ts',
    code: 'headersTimeout = 10_000;',
    instead: 'headersTimeout = 2000;',
  },
  {
    file: 'engine/repository/src/http/repository-server.ts',
    code: 'connectionsCheckingInterval: 2000,',
    instead: 'connectionsCheckingInterval: 100,',
  },
  {
    file: 'engine/repository/src/start-repository.ts',
    code: 'smallBodyTimeout ?? 30_000',
    instead: 'smallBodyTimeout ?? 1500',
  },
  {
    file: 'engine/repository/src/start-repository.ts',
    code: 'sweepInterval = 30_000;',
    instead: `sweepInterval = ${sweep};`,
  },
];

export const hurriedClient: readonly CodeChange[] = [
  { file: run, code: 'stallMilliseconds ?? 60_000', instead: `stallMilliseconds ?? ${stall}` },
  { file: run, code: 'retryMilliseconds ?? 500', instead: 'retryMilliseconds ?? 20' },
  { file: commit, code: 'commitMilliseconds = 60_000;', instead: `commitMilliseconds = ${stall};` },
  { file: commit, code: 'abortMilliseconds = 10_000;', instead: `abortMilliseconds = ${stall};` },
  {
    file: 'engine/client/src/repository/size-before.ts',
    code: 'patience = 10_000;',
    instead: `patience = ${stall};`,
  },
];
