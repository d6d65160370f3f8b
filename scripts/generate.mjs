// Writes the generated files that are committed; tests compare them with what this would write.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './lib/paths.mjs';

for (const script of [
  'shared/scripts/generate-crds.ts',
  'shared/scripts/generate-procedure-scripts.ts',
  'engine/repository/scripts/generate-openapi.ts',
  'engine/controller/scripts/generate-rbac.ts',
  'engine/cli/scripts/generate-deployment.ts',
]) {
  const result = spawnSync(process.execPath, [path.join(root, script)], { stdio: 'inherit', cwd: root });
  if (result.status !== 0) process.exit(result.status ?? 1);
}
