// Writes src/schema/built-in-schemas.gen.ts from the OpenAPI documents of a running kube-apiserver:
//   KUBE_URL=https://127.0.0.1:6443 KUBE_TOKEN=... NODE_EXTRA_CA_CERTS=ca.crt node scripts/generate-schemas.mjs
// Only shapes are kept (types, formats, required members, list and patch semantics); no prose.
import fs from 'node:fs';
import process from 'node:process';

const roots = {
  'api/v1': [
    'ConfigMap',
    'Event',
    'Namespace',
    'Node',
    'PersistentVolumeClaim',
    'Pod',
    'PodTemplateSpec',
    'Secret',
    'ServiceAccount',
  ].map((kind) => `io.k8s.api.core.v1.${kind}`),
  'apis/batch/v1': ['Job', 'CronJob'].map((kind) => `io.k8s.api.batch.v1.${kind}`),
  'apis/apps/v1': ['io.k8s.api.apps.v1.Deployment', 'io.k8s.api.apps.v1.ReplicaSet', 'io.k8s.api.autoscaling.v1.Scale'],
  'apis/coordination.k8s.io/v1': ['io.k8s.api.coordination.v1.Lease'],
  'apis/rbac.authorization.k8s.io/v1': ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'].map(
    (kind) => `io.k8s.api.rbac.v1.${kind}`,
  ),
  'apis/authentication.k8s.io/v1': ['TokenReview', 'SelfSubjectReview'].map(
    (kind) => `io.k8s.api.authentication.v1.${kind}`,
  ),
  'apis/authorization.k8s.io/v1': [
    'LocalSubjectAccessReview',
    'SelfSubjectAccessReview',
    'SelfSubjectRulesReview',
    'SubjectAccessReview',
  ].map((kind) => `io.k8s.api.authorization.v1.${kind}`),
  'apis/apiextensions.k8s.io/v1': ['io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition'],
};
roots['api/v1'].push('io.k8s.api.authentication.v1.TokenRequest');

const dropped = new Set(['description', 'default', 'uniqueItems', 'x-kubernetes-group-version-kind']);
const prefix = '#/components/schemas/';

/** `allOf: [{$ref}]` only carries a description and a zero default: a plain reference says the same. */
function compact(node) {
  if (Array.isArray(node)) return node.map(compact);
  if (node === null || typeof node !== 'object') return node;
  if (node.allOf?.length === 1) {
    const { allOf, ...rest } = node;
    return compact({ ...rest, ...allOf[0] });
  }
  const out = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === '$ref') out.$ref = value.slice(prefix.length);
    else if (key === 'properties')
      out.properties = Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, compact(schema)]));
    else if (!dropped.has(key)) out[key] = compact(value);
  }
  return out;
}

const definitions = {};
for (const [path, names] of Object.entries(roots)) {
  const reply = await fetch(`${process.env.KUBE_URL}/openapi/v3/${path}`, {
    headers: { authorization: `Bearer ${process.env.KUBE_TOKEN}` },
  });
  if (!reply.ok) throw new Error(`${path}: HTTP ${reply.status}`);
  const { schemas } = (await reply.json()).components;
  const visit = (name) => {
    if (definitions[name]) return;
    if (!schemas[name]) throw new Error(`${path} has no ${name}`);
    definitions[name] = compact(schemas[name]);
    for (const [, reference] of JSON.stringify(definitions[name]).matchAll(/"\$ref":"([^"]+)"/g)) visit(reference);
  };
  names.forEach(visit);
}

const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
const text = JSON.stringify(sorted).replaceAll('\\', '\\\\').replaceAll("'", "\\'");
fs.writeFileSync(
  new URL('../src/schema/built-in-schemas.gen.ts', import.meta.url),
  `// Made by scripts/generate-schemas.mjs from a kube-apiserver's OpenAPI documents; do not edit.\n// A string, because JSON.parse reads it several times faster than the engine parses a literal.\nexport const builtInSchemas: string =\n  '${text}';\n`,
);
process.stdout.write(`${Object.keys(sorted).length} definitions, ${text.length} bytes\n`);
