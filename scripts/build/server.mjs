import fs from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';
import { buildClient, buildServer } from '../lib/server-bundles.mjs';

const out = path.join(root, 'engine/cli/dist');
fs.rmSync(out, { recursive: true, force: true });
await Promise.all([buildServer(out), buildClient(out)]);
