import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { root } from '../lib/paths.mjs';
import { buildClient, buildServer } from '../lib/server-bundles.mjs';

const out = path.join(root, 'engine/cli/dist');
const fresh = `${out}-${process.pid}`;
// What runs from the build so far keeps its files until the new ones are complete.
await Promise.all([buildServer(fresh), buildClient(fresh)]);
fs.rmSync(out, { recursive: true, force: true });
fs.renameSync(fresh, out);
