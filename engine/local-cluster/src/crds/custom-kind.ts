import type { KubeObject } from '@backstay/shared';
import { arrayAt, at, isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { age } from '../kinds/columns.ts';
import type { Column, Kind } from '../kinds/kind.ts';
import { definition } from '../schema/built-in-schemas.ts';
import type { Schema } from '../schema/schema.ts';
import { compilePath } from './json-path.ts';

/** The kinds that an established CustomResourceDefinition serves, one per served version. */
export function customKinds(crd: KubeObject): Kind[] {
  const spec = objectAt(crd, 'spec') ?? {};
  const versions = arrayAt(spec, 'versions').filter(isObject);
  const storage = versions.find((version) => version['storage'] === true);
  return versions
    .filter((version) => version['served'] === true)
    .map((version) => customKind(crd, version, String(storage?.['name'] ?? version['name'])));
}

function customKind(crd: KubeObject, version: JsonObject, storageVersion: string): Kind {
  const group = stringAt(crd, 'spec', 'group') ?? '';
  const names = objectAt(crd, 'spec', 'names') ?? {};
  const kind = stringAt(names, 'kind') ?? '';
  const subresources = ['status', 'scale'].filter((name) => at(version, 'subresources', name) !== undefined);
  const schema = withTypeMembers((objectAt(version, 'schema', 'openAPIV3Schema') ?? { type: 'object' }) as Schema);
  return {
    group,
    version: String(version['name']),
    plural: stringAt(names, 'plural') ?? '',
    singular: stringAt(names, 'singular') ?? kind.toLowerCase(),
    kind,
    listKind: stringAt(names, 'listKind') ?? `${kind}List`,
    shortNames: arrayAt(names, 'shortNames').map(String),
    categories: arrayAt(names, 'categories').map(String),
    namespaced: stringAt(crd, 'spec', 'scope') === 'Namespaced',
    schema,
    subresources,
    columns: printerColumns(version),
    selectable: selectableFields(version),
    strategy: { generation: true },
    storageKey: crd.metadata.name,
    storageVersion: `${group}/${storageVersion}`,
    custom: true,
    definitionName: `${group.split('.').reverse().join('.')}.${String(version['name'])}.${kind}`,
  };
}

function withTypeMembers(schema: Schema): Schema {
  return {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: definition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'),
    },
  };
}

function printerColumns(version: JsonObject): Column[] {
  const given = arrayAt(version, 'additionalPrinterColumns').filter(isObject);
  if (given.length === 0) return [age];
  return given.map((column) => {
    const read = compilePath(String(column['jsonPath'] ?? ''));
    return {
      name: String(column['name']),
      type: String(column['type']),
      ...(column['format'] === undefined ? {} : { format: String(column['format']) }),
      ...(column['description'] === undefined ? {} : { description: String(column['description']) }),
      priority: Number(column['priority'] ?? 0),
      cell: (object, now) => customCell(read(object), { type: String(column['type']), now }),
    };
  });
}

function customCell(values: unknown[], { type, now }: { type: string; now: number }): unknown {
  const [value] = values;
  if (value === undefined || value === null) return undefined;
  if (type === 'date') return age.cell({ metadata: { creationTimestamp: value } } as unknown as KubeObject, now);
  if (type === 'string')
    return values.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(',');
  return value;
}

const selectableFields = (version: JsonObject): Kind['selectable'] =>
  Object.fromEntries(
    arrayAt(version, 'selectableFields').map((field) => {
      const path = stringAt(field, 'jsonPath') ?? '';
      const read = compilePath(path);
      return [path.replace(/^\./, ''), (object: KubeObject) => String(read(object)[0] ?? '')];
    }),
  );
