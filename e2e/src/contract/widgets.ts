import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Api, Reply } from './api.ts';
import { unique } from './fixtures.ts';

export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export const specSchema = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    mode: { type: 'string', enum: ['slow', 'fast'], default: 'slow' },
    name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
    port: { 'x-kubernetes-int-or-string': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    limits: { type: 'object', additionalProperties: { type: 'string' } },
    nested: { type: 'object', properties: { on: { type: 'boolean', default: true } } },
    items: {
      type: 'array',
      maxItems: 3,
      items: { type: 'object', required: ['key'], properties: { key: { type: 'string' }, value: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['key'],
    },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  },
};

export const newGroup = (): string => `g${randomBytes(4).toString('hex')}.example.com`;

export const widgets = (group: string, more: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', shortNames: ['wd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: specSchema,
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
    ...more,
  },
});

export const conditionOf = (body: { status?: { conditions?: { type: string; status: string }[] } }, type: string) =>
  body.status?.conditions?.find((condition) => condition.type === type)?.status;

export async function eventually(probe: () => Promise<Reply>, done: (reply: Reply) => boolean): Promise<Reply> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const reply = await probe();
    if (done(reply)) return reply;
    if (Date.now() > deadline) throw new Error(`gave up waiting: ${reply.text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A kind of its own for one test, established and served. */
export async function served(api: Api, definition = widgets(newGroup())) {
  const { group } = definition.spec;
  const created = await api.post(definitions, definition);
  expect(created.status, created.text).toBe(201);
  await eventually(
    () => api.get(`${definitions}/${definition.metadata.name}`),
    ({ body }) => conditionOf(body, 'Established') === 'True',
  );
  const path = `/apis/${group}/v1/namespaces/default/widgets`;
  await eventually(
    () => api.get(path),
    ({ status }) => status === 200,
  );
  const widget = (spec: object, name = unique('w')) => ({
    apiVersion: `${group}/v1`,
    kind: 'Widget',
    metadata: { name },
    spec,
  });
  return { path, group, widget };
}
