import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { crdFiles } from './crd-files.ts';

for (const { path, content } of crdFiles()) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
