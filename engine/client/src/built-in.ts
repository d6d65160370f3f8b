import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

// An import reads all that a module exports, and some exports load half of a browser when they are read: that takes longer than to begin
// an upload.
export const http = require('node:http') as typeof import('node:http');
export const https = require('node:https') as typeof import('node:https');
export const workerThreads = require('node:worker_threads') as typeof import('node:worker_threads');
