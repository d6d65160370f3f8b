import { join } from 'node:path';
import { stringify } from 'yaml';
import { customResourceDefinitions } from '../src/resources/crds.ts';

const folder = join(import.meta.dirname, '../../deploy/crds');

/** The files of deploy/crds as they should be. */
export const crdFiles = (): { path: string; content: string }[] =>
  customResourceDefinitions().map((definition) => {
    const yaml = stringify(definition, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false });
    return {
      path: join(folder, `${definition.metadata.name}.yaml`),
      content: `# Generated from shared/src/resources by shared/scripts/generate-crds.ts\n${yaml}`,
    };
  });
