import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.mjs';

const cli = path.join(root, 'engine/cli');

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

/** Writes the `backstay` bundle and its chunks into `out`. `plugins` of esbuild may change what is built. */
export const buildServer = (out, plugins = []) =>
  build({
    ...shared,
    plugins,
    entryPoints: { backstay: path.join(cli, 'src/main.ts') },
    outdir: out,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // A native addon, and an optional one that is not installed.
    external: ['@node-rs/argon2', 'pg-native'],
  });

/** Writes the client: one file that can be copied into any container. */
export const buildClient = (out, plugins = []) =>
  build({
    ...shared,
    plugins,
    entryPoints: [path.join(root, 'engine/client/src/main.ts')],
    outfile: path.join(out, 'backup-maker.mjs'),
  });

/** Writes the client as Node runs it from inside an executable: CommonJS, which may load built-in modules only. */
export const buildExecutableProgram = (out) =>
  build({
    ...shared,
    format: 'cjs',
    banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': '__moduleUrl' },
    sourcemap: false,
    entryPoints: [path.join(root, 'engine/client/src/executable.ts')],
    outfile: path.join(out, 'backup-maker.cjs'),
  });
