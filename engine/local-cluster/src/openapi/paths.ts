import type { Kind } from '../kinds/kind.ts';
import { apiVersionOf } from '../kinds/kind.ts';

const parameter = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'].map(parameter);
const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** The paths of kinds, with what clients look for in them: verbs, kinds and the parameters of writes. */
export function pathsOf(kinds: readonly Kind[], refPrefix: string): Record<string, unknown> {
  const paths: Record<string, unknown> = {};
  for (const kind of kinds) {
    const root = `${kind.group === '' ? '/api' : '/apis'}/${apiVersionOf(kind)}`;
    const collection = `${root}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`;
    const { list, create, read, replace, patch, remove } = operations(kind, refPrefix);
    paths[collection] = { get: list, post: create };
    paths[`${collection}/{name}`] = { get: read, put: replace, patch, delete: remove };
    if (kind.subresources.includes('status')) paths[`${collection}/{name}/status`] = { get: read, put: replace, patch };
  }
  return paths;
}

function operations(kind: Kind, refPrefix: string) {
  const { group, version } = kind;
  const answer = {
    responses: {
      200: {
        description: 'OK',
        content: { 'application/json': { schema: { $ref: `${refPrefix}${kind.definitionName}` } } },
      },
    },
    'x-kubernetes-group-version-kind': { group, version, kind: kind.kind },
  };
  const operation = (action: string, parameters: unknown[] = []) => ({
    ...answer,
    operationId: `${action}${kind.definitionName.replace(/[^A-Za-z0-9]/g, '')}`,
    'x-kubernetes-action': action,
    ...(parameters.length > 0 ? { parameters } : {}),
  });
  const types = kind.custom ? patchTypes.slice(0, 3) : patchTypes;
  return {
    list: operation('list', ['labelSelector', 'fieldSelector', 'limit', 'continue', 'watch'].map(parameter)),
    read: operation('get'),
    create: operation('post', writeParameters),
    replace: operation('put', writeParameters),
    patch: {
      ...operation('patch', [...writeParameters, parameter('force')]),
      requestBody: { content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'object' } }])) },
    },
    remove: operation('delete', ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'].map(parameter)),
  };
}
