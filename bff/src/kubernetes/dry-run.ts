import { type KubeClient, KubeError } from '@backstay/kubernetes';
import type { KubeObject, Problem, ResourceType } from '@backstay/shared';
import { describeCause } from './from-kube-error.ts';

/** Turns what an API server says about an object into problems of the form. Undefined: the form has no field for it. */
export type FieldOf = (path: string) => string | undefined;

/** Asks the API server whether it would take a new object, as the client's person. Changes nothing. */
export async function dryRunCreate<T extends KubeObject>({
  client,
  type,
  object,
  fieldOf = () => undefined,
}: {
  client: KubeClient;
  type: ResourceType<T>;
  object: T;
  fieldOf?: FieldOf;
}): Promise<Problem[]> {
  try {
    await client.create(type, object, { dryRun: true });
    return [];
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return refusalProblems(error, object, fieldOf);
  }
}

/** Those errors that are about the object; others are thrown on. */
export function refusalProblems(error: KubeError, object: KubeObject, fieldOf: FieldOf): Problem[] {
  const what = `${object.kind} ${object.metadata.name}`;
  if (error.status === 403) {
    const where = object.metadata.namespace ? ` in the namespace ${object.metadata.namespace}` : '';
    return [{ field: '', message: `Your account may not create a ${object.kind}${where}. (${error.message})` }];
  }
  if (error.status === 404) return [{ field: 'namespace', message: notFoundMessage(error, object) }];
  if (error.status === 409) {
    return [{ field: fieldOf('metadata.name') ?? '', message: `${what} exists already. Choose another name.` }];
  }
  if (error.status !== 422 && error.status !== 400) throw error;
  const causes = error.causes.length > 0 ? error.causes : [{ message: error.message }];
  return causes.map((cause) => ({
    field: (cause.field !== undefined && fieldOf(cause.field)) || '',
    message: `${what}: ${describeCause(cause)}`,
  }));
}

function notFoundMessage(error: KubeError, object: KubeObject): string {
  return /namespaces/.test(error.message)
    ? `There is no namespace ${object.metadata.namespace ?? ''}.`
    : `The cluster does not know ${object.kind} (${object.apiVersion}): install the custom resources first.`;
}
