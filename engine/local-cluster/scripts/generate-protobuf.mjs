// Writes src/protobuf/protobuf-fields.gen.ts from Kubernetes' Go types. Needs Go and the Go module proxy:
//   node scripts/generate-protobuf.mjs [k8s.io/api version]
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

const version = process.argv[2] ?? 'v0.35.0';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'protobuf-fields-'));
const go = (...args) => execFileSync('go', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
try {
  fs.cpSync(new URL('protobuf-fields/', import.meta.url), folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'go.mod'), 'module protobuf-fields\n\ngo 1.24\n');
  go('get', `k8s.io/api@${version}`, `k8s.io/apimachinery@${version}`);
  go('mod', 'tidy');
  const types = JSON.parse(go('run', '.'));
  const text = JSON.stringify(types).replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  fs.writeFileSync(
    new URL('../src/protobuf/protobuf-fields.gen.ts', import.meta.url),
    `// Made by scripts/generate-protobuf.mjs from Kubernetes' Go types ${version}; do not edit.\nexport const protobufFields: string =\n  '${text}';\n`,
  );
  process.stdout.write(`${Object.keys(types).length} types, ${text.length} bytes\n`);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
