import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { controllerRules } from '@backstay/controller';
import { parse } from 'yaml';
import { serviceRole } from '../src/local/service-roles.ts';

export const root = resolve(import.meta.dirname, '../../..');

const header = (source: string): string => `Generated from ${source} by engine/cli/scripts/generate-deployment.ts`;

/** The release set as code, so that the command prints it wherever the bundle lies. */
const releaseSet = (): string => {
  const set: unknown = parse(readFileSync(join(root, 'release.yaml'), 'utf8'));
  return `// ${header('release.yaml')}\nexport const releaseSet = ${JSON.stringify(set, undefined, 2)} as const;\n`;
};

/** What each part may do, for the chart. */
const rights = (): string =>
  `${JSON.stringify(
    {
      comment: header('engine/controller/src/rbac.ts and engine/cli/src/local/service-roles.ts'),
      controller: controllerRules,
      console: serviceRole('console')[0]['rules'],
      repository: serviceRole('repository')[0]['rules'],
    },
    undefined,
    2,
  )}\n`;

export const deploymentFiles = (): { path: string; content: string }[] => [
  { path: join(root, 'engine/cli/src/release-set.gen.ts'), content: releaseSet() },
  { path: join(root, 'deploy/chart/files/rights.json'), content: rights() },
];
