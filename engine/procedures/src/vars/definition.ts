import type { RequestedBackupAction, ScheduledBackup } from '@backstay/shared';
import { formatNested } from '../go-template/format.ts';
import { isMap, type Value, type ValueMap } from '../go-template/values.ts';
import { ProcedureError } from '../procedure-error.ts';
import { mergeMaps, setAt } from './overlay.ts';
import { parsePath } from './value-path.ts';
import { parseDefinition } from './yaml.ts';

/** What a procedure is rendered with: Params, Repository, HelmValues, and whatever else the document holds. */
export type Definition = ValueMap;

export interface DefinitionInput {
  readonly scheduledBackup: Pick<ScheduledBackup, 'spec'>;
  /** The action whose `vars` are laid over everything else. */
  readonly action?: Pick<RequestedBackupAction, 'spec'>;
  /** Access token of the repository, from tokenSecretRef. Empty or absent: not laid over. */
  readonly token?: string;
  /** Passphrase of the key Secret: used where `Repository.passphrase` is missing or empty. */
  readonly passphrase?: string;
  /** Decoded entries of the vars Secret; `importOnlyKeys` is applied here. */
  readonly varsSecret?: Readonly<Record<string, string>>;
}

export interface DefinitionResult {
  readonly definition: Definition;
  /** Things that were left out, in words and without values. */
  readonly warnings: readonly string[];
}

/**
 * Puts the values of a ScheduledBackup together. Later wins: vars, the access token, the entries of the vars Secret, the vars of
 * the action. So an action may redirect a restore without repeating a password that only a Secret knows.
 *
 * @throws ProcedureError when vars is not YAML, a Secret key has no place, or the repository's URL is missing.
 */
export const buildDefinition = (input: DefinitionInput): DefinitionResult => {
  const { spec } = input.scheduledBackup;
  const warnings: string[] = [];
  let definition = parseDefinition(spec.vars, 'resource', 'spec.vars');
  if (input.token) definition = setAt(definition, ['Repository', 'token'], input.token);
  definition = importSecret(definition, input, warnings);
  if (input.action?.spec.vars) {
    definition = mergeMaps(definition, parseDefinition(input.action.spec.vars, 'resource', 'spec.vars of the action'));
  }
  const repository = {
    collectionId: spec.collectionId,
    recipient: spec.gpgKeySecretRef.email,
    passphrase: input.passphrase ?? '',
  };
  return { definition: completeDefinition(definition, repository), warnings };
};

const importSecret = (base: Definition, input: DefinitionInput, warnings: string[]): Definition => {
  const only = input.scheduledBackup.spec.varsSecretRef.importOnlyKeys ?? [];
  let definition = base;
  for (const [key, value] of Object.entries(input.varsSecret ?? {})) {
    if (only.length > 0 && !only.includes(key)) continue;
    const path = parsePath(key);
    if (path) definition = setAt(definition, path, value);
    else
      warnings.push(
        `Entry "${key}" of the vars Secret names no value and was left out. Use a path such as Params.password.`,
      );
  }
  return definition;
};

/** Values of the repository that another part of the ScheduledBackup knows. */
export interface RepositoryFallbacks {
  readonly collectionId?: string;
  readonly recipient?: string;
  readonly passphrase?: string;
}

/** Fills the gaps of Params, Repository and HelmValues, so that every procedure finds what it may ask for. */
export const completeDefinition = (definition: Definition, fallbacks: RepositoryFallbacks): Definition => {
  const repository = mapAt(definition, 'Repository');
  const text = (key: string, fallback = ''): Value => {
    const value = Object.hasOwn(repository, key) ? (repository[key] ?? null) : null;
    return value === null || value === '' ? fallback : formatNested(value);
  };
  const url = formatNested(text('url')).replace(/\/+$/, '');
  if (url === '') throw new ProcedureError('Repository.url is missing in vars: the address of the backup repository.');
  return {
    ...definition,
    Params: mapAt(definition, 'Params'),
    HelmValues: mapAt(definition, 'HelmValues'),
    Repository: {
      ...repository,
      url,
      token: text('token'),
      collectionId: text('collectionId', fallbacks.collectionId),
      recipient: text('recipient', fallbacks.recipient),
      passphrase: text('passphrase', fallbacks.passphrase),
    },
  };
};

const mapAt = (definition: Definition, key: string): ValueMap => {
  const value = Object.hasOwn(definition, key) ? (definition[key] ?? null) : null;
  if (value === null) return {};
  if (!isMap(value)) throw new ProcedureError(`${key} must be a map.`);
  return value;
};
