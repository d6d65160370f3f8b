import { writeSecretFile } from './auth/secret-file.ts';

interface KubeconfigContent {
  server: string;
  caCertificate: string;
  token: string;
}

/** Writes a kubeconfig that kubectl uses as it is; only its owner may read it. JSON is YAML. */
export function writeKubeconfig(file: string, { server, caCertificate, token }: KubeconfigContent): void {
  const name = 'backstay';
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { server, 'certificate-authority-data': Buffer.from(caCertificate).toString('base64') } },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name, context: { cluster: name, user: 'admin', namespace: 'default' } }],
    'current-context': name,
  };
  writeSecretFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
}
