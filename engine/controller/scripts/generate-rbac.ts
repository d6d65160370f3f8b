import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { rbacFiles } from './rbac-files.ts';

for (const { path, content } of rbacFiles()) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
