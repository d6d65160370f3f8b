import { type KubeClient, KubeError } from '@backstay/kubernetes';
import { resourceTypes, type ScheduledBackup } from '@backstay/shared';
import { parse } from 'yaml';
import { z } from 'zod';

const definitionSchema = z.object({
  Params: z.record(z.string(), z.unknown()).nullish(),
  Repository: z.record(z.string(), z.unknown()).nullish(),
  HelmValues: z.looseObject({ extraEnvFrom: z.array(z.unknown()).nullish() }).nullish(),
});

export interface StoredVars {
  params: Record<string, string>;
  repository: Record<string, string>;
  /** `HelmValues.extraEnvFrom`. */
  extraEnvFrom: readonly unknown[];
}

const known = new WeakMap<ScheduledBackup, StoredVars>();

/** `Params` and `Repository` of a schedule's vars, as text. A document that cannot be read counts as empty. */
export function readVars(schedule: ScheduledBackup): StoredVars {
  const vars = known.get(schedule) ?? parseVars(schedule);
  known.set(schedule, vars);
  return vars;
}

function parseVars(schedule: ScheduledBackup): StoredVars {
  const parsed = definitionSchema.safeParse(safeYaml(schedule.spec.vars));
  if (!parsed.success) return { params: {}, repository: {}, extraEnvFrom: [] };
  const { HelmValues, Params, Repository } = parsed.data;
  return { params: asText(Params), repository: asText(Repository), extraEnvFrom: HelmValues?.extraEnvFrom ?? [] };
}

function safeYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100, logLevel: 'silent' });
  } catch {
    return undefined;
  }
}

const asText = (values: Record<string, unknown> | null | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [
      name,
      value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );

/** The collection that a schedule stores into. */
export const collectionOf = (schedule: ScheduledBackup): string =>
  readVars(schedule).repository['collectionId'] || schedule.spec.collectionId;

/** Entries `Params.<name>` of the vars Secret, read with the rights of `client`; empty when it is not there. */
export async function readSecretParameters(
  client: KubeClient,
  schedule: ScheduledBackup,
): Promise<Record<string, string>> {
  const name = schedule.spec.varsSecretRef.secretName;
  if (!name) return {};
  const key = { namespace: schedule.metadata.namespace, name };
  const secret = await client.get(resourceTypes.secrets, key).catch((error: unknown) => {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  });
  const only = schedule.spec.varsSecretRef.importOnlyKeys ?? [];
  const entries = Object.entries(secret?.data ?? {}).filter(([entry]) => only.length === 0 || only.includes(entry));
  return Object.fromEntries(
    entries
      .filter(([entry]) => entry.startsWith('Params.'))
      .map(([entry, value]) => [entry.slice('Params.'.length), Buffer.from(value, 'base64').toString('utf8')]),
  );
}
