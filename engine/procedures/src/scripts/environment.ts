import { type BuiltInProcedure, parameterVariable } from '@backstay/shared';
import { formatNested } from '../go-template/format.ts';
import { isList, isMap, type Value, type ValueMap } from '../go-template/values.ts';
import { ProcedureError } from '../procedure-error.ts';
import type { Definition } from '../vars/definition.ts';

const repositoryVariables: Readonly<Record<string, string>> = {
  url: 'BM_URL',
  recipient: 'BM_RECIPIENT',
  token: 'BM_AUTH_TOKEN',
  collectionId: 'BM_COLLECTION_ID',
  passphrase: 'BM_PASSPHRASE',
};

const mapOf = (definition: Definition, key: string): ValueMap => {
  const value = definition[key] ?? null;
  return isMap(value) ? value : {};
};

/** Text of a parameter: lists become lines; a map has none. */
const textOf = (value: Value): string | undefined => {
  if (value === null) return '';
  if (isMap(value)) return undefined;
  return isList(value) ? value.map(formatNested).join('\n') : formatNested(value);
};

/** The environment by which scripts read their values. Nothing is expanded: that happens in the Pod. */
export const scriptEnvironment = (definition: Definition): Record<string, string> => {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(mapOf(definition, 'Params'))) {
    const text = textOf(value);
    if (text !== undefined) environment[parameterVariable(name)] = text;
  }
  const repository = mapOf(definition, 'Repository');
  for (const [key, variable] of Object.entries(repositoryVariables)) {
    environment[variable] = formatNested(repository[key] ?? '');
  }
  for (const [name, value] of Object.entries(environment)) {
    if (value.includes('\0'))
      throw new ProcedureError(`${name} holds a NUL character, which no environment can carry.`);
  }
  return environment;
};

/**
 * Adds the defaults of the parameters that are missing.
 *
 * @throws ProcedureError that names every parameter that has none.
 */
export const withDefaults = (definition: Definition, procedure: BuiltInProcedure): Definition => {
  const params = mapOf(definition, 'Params');
  const missing = procedure.parameters.filter(
    ({ name, required, default: fallback }) => required && fallback === undefined && !Object.hasOwn(params, name),
  );
  if (missing.length > 0) {
    throw new ProcedureError(
      `The procedure ${procedure.name} needs ${missing.map(({ name }) => `Params.${name}`).join(', ')}.`,
      {
        problems: missing.map(({ name, label }) => ({ field: `parameters.${name}`, message: `${label} is missing.` })),
      },
    );
  }
  const defaults = procedure.parameters.map(({ name, default: fallback = '' }) => [name, fallback] as const);
  return { ...definition, Params: { ...Object.fromEntries(defaults), ...params } };
};
