import type { KubeObject } from '@backstay/shared';
import { cloneJson } from '../json.ts';
import type { Cause } from '../registry/api-error.ts';
import { applyDefaults } from './defaults.ts';
import { ratcheted } from './ratchet.ts';
import { validateRules } from './rules.ts';
import type { Schema } from './schema.ts';
import { validateSchema } from './validate.ts';

const withoutMetadata = ({ metadata: _, ...rest }: KubeObject): unknown => rest;

/** Defaults count as if they had been there: a definition may have got them later than the object. */
const withDefaults = (object: KubeObject, schema: Schema): KubeObject => {
  const copy = cloneJson(object);
  applyDefaults(copy, schema);
  return copy;
};

/** What is wrong with a custom resource, of an update only what it changes. Rules are asked when the schema has no complaint. */
export function customCauses(schema: Schema, object: KubeObject, stored?: KubeObject): Cause[] {
  const old = stored && withDefaults(stored, schema);
  const causes = validateSchema(withoutMetadata(object), schema);
  const left = old === undefined ? causes : ratcheted(causes, object, old);
  return left.length > 0 ? left : validateRules({ value: object, old, schema, path: '' });
}
