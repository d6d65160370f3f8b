import { installCustomResources } from '@backstay/controller';
import type { KubeClient } from '@backstay/kubernetes';
import { type Namespace, resourceTypes } from '@backstay/shared';
import { applyConsoleUser } from './apply-console-user.ts';
import { clusterRoleBindings, clusterRoles, type ServiceName, serviceRole } from './service-roles.ts';

/** Namespace that holds the collections and users of the repository on one machine. */
export const repositoryNamespace = 'backups';
/** BackupUser that the console signs in with at the repository. */
export const consoleUser = 'backstay-console';

const fieldManager = 'backstay';
const services: ServiceName[] = ['controller', 'console', 'repository'];

export interface ConsolePassword {
  readonly text: string;
  /** True when it was made just now: a user with an older one gets this. */
  readonly isNew: boolean;
}

/** Brings a new or older cluster to what this version needs. Changes nothing that is there already; may run any time. */
export async function prepareCluster(admin: KubeClient, consolePassword: ConsolePassword): Promise<void> {
  await installCustomResources(admin);
  const namespace: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: repositoryNamespace } };
  await admin.apply(resourceTypes.namespaces, namespace, { fieldManager, force: true });
  await Promise.all(services.map((service) => grant(admin, service)));
  await makeConsoleUser(admin, consolePassword);
}

async function grant(admin: KubeClient, service: ServiceName): Promise<void> {
  const [role, binding] = serviceRole(service);
  await admin.apply(clusterRoles, role, { fieldManager, force: true });
  await admin.apply(clusterRoleBindings, binding, { fieldManager, force: true });
}

async function makeConsoleUser(admin: KubeClient, password: ConsolePassword): Promise<void> {
  const name = consoleUser;
  const existing = await admin.list(resourceTypes.backupUsers, { namespace: repositoryNamespace });
  if (!password.isNew && existing.items.some((user) => user.metadata.name === name)) return;
  await applyConsoleUser(admin, { namespace: repositoryNamespace, name, password: password.text });
}
