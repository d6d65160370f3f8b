import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '@backstay/kubernetes';
import { customResourceDefinitions, type KubeObject, resourceTypes } from '@backstay/shared';
import { fieldManager } from './cluster/field-manager.ts';

interface Condition {
  type?: string;
  status?: string;
  message?: string;
}

const conditionsOf = (definition: KubeObject): Condition[] => {
  const status = definition['status'];
  return typeof status === 'object' && status !== null && 'conditions' in status && Array.isArray(status.conditions)
    ? status.conditions
    : [];
};

const isEstablished = (definition: KubeObject): boolean =>
  conditionsOf(definition).some(({ type, status }) => type === 'Established' && status === 'True');

const waitEstablished = async (client: KubeClient, name: string, deadline: number): Promise<void> => {
  for (;;) {
    const definition = await client.get(resourceTypes.customResourceDefinitions, { name });
    if (isEstablished(definition)) {
      return;
    }
    const refused = conditionsOf(definition).find(({ type, status }) => type === 'NamesAccepted' && status === 'False');
    if (refused !== undefined || performance.now() > deadline) {
      throw new Error(`The custom resource ${name} is not established: ${refused?.message ?? 'the cluster is slow.'}`);
    }
    await delay(50);
  }
};

/**
 * Applies the CustomResourceDefinitions of the engine and of the repository, and waits until the API server serves them: at
 * most 30 s. Safe to repeat. Rejects with a KubeError, or with an Error that names the definition.
 */
export const installCustomResources = async (client: KubeClient): Promise<void> => {
  const definitions = customResourceDefinitions();
  const type = resourceTypes.customResourceDefinitions;
  await Promise.all(definitions.map((definition) => client.apply(type, definition, { fieldManager, force: true })));
  const deadline = performance.now() + 30_000;
  await Promise.all(definitions.map(({ metadata }) => waitEstablished(client, metadata.name, deadline)));
};
