import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../lib/paths.mjs';

const web = path.join(root, 'web');
const vite = createRequire(path.join(web, 'package.json')).resolve('vite');
const { build } = await import(pathToFileURL(vite).href);
await build({ root: web, logLevel: 'warn' });
