import { join } from 'node:path';
import { stringify } from 'yaml';
import { controllerRoles, personRoles } from '../src/rbac.ts';

const folder = join(import.meta.dirname, '../../../deploy/rbac');
const head = '# Generated from engine/controller/src/rbac.ts by engine/controller/scripts/generate-rbac.ts\n';

const documents = (objects: readonly object[]): string =>
  objects
    .map((object) => stringify(object, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n');

/** The files of deploy/rbac as they should be. */
export const rbacFiles = (): { path: string; content: string }[] => [
  { path: join(folder, 'controller-roles.yaml'), content: head + documents(controllerRoles()) },
  { path: join(folder, 'editor-viewer-roles.yaml'), content: head + documents(personRoles()) },
];
