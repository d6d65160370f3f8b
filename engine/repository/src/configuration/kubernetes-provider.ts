import type { KubeClient } from '@backstay/kubernetes';
import { KubeError } from '@backstay/kubernetes';
import { type KubeObject, type ResourceType, resourceTypes } from '@backstay/shared';
import type { ConfigurationProvider } from './configuration-provider.ts';
import { readCollection, readSecretEntry, readUser } from './documents.ts';
import { createKubernetesDocuments } from './kubernetes-documents.ts';
import { isObjectName } from './object-names.ts';

/** Users, collections and secrets as objects of one namespace. Reading needs get and list on the
 * custom resources and get on secrets. */
export const createKubernetesProvider = (client: KubeClient, namespace: string): ConfigurationProvider => {
  const fetchObject = async (type: ResourceType, name: string): Promise<KubeObject | undefined> => {
    if (!isObjectName(name)) {
      return undefined;
    }
    try {
      return await client.get(type, { namespace, name });
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) {
        return undefined;
      }
      throw error;
    }
  };

  return {
    documents: createKubernetesDocuments(client, namespace),
    user: async (name) => {
      const found = await fetchObject(resourceTypes.backupUsers, name);
      return found && readUser(found, name);
    },
    collection: async (name) => {
      const found = await fetchObject(resourceTypes.backupCollections, name);
      return found && readCollection(found, name);
    },
    secretEntry: async (name, entry) => {
      const found = await fetchObject(resourceTypes.secrets, name);
      return found && readSecretEntry(found, name, entry);
    },
    check: async () => {
      try {
        await client.list(resourceTypes.backupUsers, { namespace, limit: 1 });
        await client.list(resourceTypes.backupCollections, { namespace, limit: 1 });
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        throw new Error(`cannot access Kubrenetes resources: ${cause}`, { cause: error });
      }
    },
  };
};
