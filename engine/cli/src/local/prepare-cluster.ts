import { installCustomResources } from '@backstay/controller';
import type { KubeClient } from '@backstay/kubernetes';
import { encodePassword } from '@backstay/repository';
import { type BackupUser, type Namespace, resourceTypes, type Secret } from '@backstay/shared';
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
  // The hash is base64 already, and the repository reads the entry as it stands in `data`: it is not encoded once more.
  const secret: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-password`, namespace: repositoryNamespace },
    data: { password: await encodePassword(password.text) },
  };
  const user: BackupUser = {
    apiVersion: resourceTypes.backupUsers.apiVersion,
    kind: 'BackupUser',
    metadata: { name, namespace: repositoryNamespace },
    spec: {
      email: 'console@backstay.local',
      roles: ['systemAdmin'],
      passwordFromRef: { name: secret.metadata.name, entry: 'password' },
    },
  };
  await admin.apply(resourceTypes.secrets, secret, { fieldManager, force: true });
  await admin.apply(resourceTypes.backupUsers, user, { fieldManager, force: true });
}
