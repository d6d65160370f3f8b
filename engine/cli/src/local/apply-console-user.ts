import type { KubeClient } from '@backstay/kubernetes';
import { encodePassword } from '@backstay/repository';
import { type BackupUser, resourceTypes, type Secret } from '@backstay/shared';

const options = { fieldManager: 'backstay', force: true };

interface ConsoleUser {
  readonly namespace: string;
  readonly name: string;
  readonly password: string;
}

/**
 * Makes the BackupUser that the console signs in with, and the Secret `<name>-password` with the hash of its password, or gives
 * both this password. Safe to repeat. Needs the rights to create and patch these two objects, and no others.
 */
export async function applyConsoleUser(client: KubeClient, { namespace, name, password }: ConsoleUser): Promise<void> {
  // The hash is base64 already, and the repository reads the entry as it stands in `data`: it is not encoded once more.
  const secret: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-password`, namespace },
    data: { password: await encodePassword(password) },
  };
  const user: BackupUser = {
    apiVersion: resourceTypes.backupUsers.apiVersion,
    kind: 'BackupUser',
    metadata: { name, namespace },
    spec: {
      email: 'console@backstay.local',
      roles: ['systemAdmin'],
      passwordFromRef: { name: secret.metadata.name, entry: 'password' },
    },
  };
  await client.apply(resourceTypes.secrets, secret, options);
  await client.apply(resourceTypes.backupUsers, user, options);
}
