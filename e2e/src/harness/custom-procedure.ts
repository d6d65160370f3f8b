import type { Kubectl } from './kubectl.ts';

/** A ClusterBackupProcedureTemplate whose dump and loader are commands of the schedule's parameters. */
export function applyCommandProcedure(kubectl: Kubectl): void {
  const script = (verb: 'make' | 'restore') => `#!/bin/bash
set -euo pipefail
export BM_AUTH_TOKEN='{{ .Repository.token }}'
export BM_COLLECTION_ID='{{ .Repository.collectionId }}'
export BM_PASSPHRASE='{{ .Repository.passphrase }}'
exec backup-maker ${verb} --url '{{ .Repository.url }}' -c '{{ .Params.${verb} }}' \\
  --${verb === 'make' ? 'key' : 'private-key'} '{{ .Repository.encryptionKeyPath }}' \\
  --recipient '{{ .Repository.recipient }}' --log-level info${verb === 'restore' ? ` --version "\${RESTORE_VERSION:-latest}"` : ''}
`;
  kubectl.apply({
    apiVersion: 'riotkit.org/v1alpha1',
    kind: 'ClusterBackupProcedureTemplate',
    metadata: { name: 'command' },
    spec: { image: 'example.org/command:1', backup: script('make'), restore: script('restore') },
  });
}
