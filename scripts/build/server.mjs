import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from '../lib/paths.mjs';

const cli = path.join(root, 'engine/cli');
const out = path.join(cli, 'dist');

// CommonJS packages inside an ES module still ask for `require`.
const banner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
// For Node this package names its CommonJS build, whose names a dynamic import of a split bundle does not see.
const yamlPackage = createRequire(path.join(root, 'kubernetes/package.json')).resolve('yaml/package.json');

const shared = {
  alias: { yaml: path.join(path.dirname(yamlPackage), 'browser/index.js') },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  banner: { js: banner },
  legalComments: 'none',
  minifySyntax: true,
  sourcemap: 'linked',
  logLevel: 'warning',
  absWorkingDir: root,
};

fs.rmSync(out, { recursive: true, force: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: { backstay: path.join(cli, 'src/main.ts') },
    outdir: out,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // A native addon, and an optional one that is not installed.
    external: ['@node-rs/argon2', 'pg-native'],
  }),
  // One file that can be copied into any container.
  build({
    ...shared,
    entryPoints: [path.join(root, 'engine/client/src/main.ts')],
    outfile: path.join(out, 'backup-maker.mjs'),
  }),
]);
