import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deploymentFiles } from './deployment-files.ts';

for (const { path, content } of deploymentFiles()) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
