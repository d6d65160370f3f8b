import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { bearer, type Connection, type TlsMaterial, withoutTrailingSlash } from './connection.ts';
import { type KubeconfigEntry, readKubeconfig } from './kubeconfig-schema.ts';
import { tokenFile } from './token-file.ts';

/** A file named in a kubeconfig is relative to the kubeconfig; inline data is base64 and wins. */
const material = (folder: string, data?: string, path?: string): string | undefined => {
  if (data) {
    return Buffer.from(data, 'base64').toString('utf8');
  }
  return path ? readFileSync(resolve(folder, path), 'utf8') : undefined;
};

const staticTls = ({ cluster, user }: KubeconfigEntry, folder: string): TlsMaterial => ({
  ca: material(folder, cluster['certificate-authority-data'], cluster['certificate-authority']),
  cert: material(folder, user['client-certificate-data'], user['client-certificate']),
  key: material(folder, user['client-key-data'], user['client-key']),
  servername: cluster['tls-server-name'],
  rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
});

interface PluginAnswer {
  cert?: string;
  key?: string;
  headers: Record<string, string>;
}

/**
 * Credential plugins and cloud providers. The library that knows them costs half a second and 80 MB, so it is loaded for
 * them alone.
 */
const pluginCredentials = (path: string, context: string): (() => Promise<PluginAnswer>) => {
  const load = async () => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromFile(path);
    config.setCurrentContext(context);
    return config;
  };
  let loading: ReturnType<typeof load> | undefined;
  return async () => {
    loading ??= load();
    const answer: PluginAnswer = { headers: {} };
    await (await loading).applyToHTTPSOptions(answer);
    return answer;
  };
};

const authorizationOf = (entry: KubeconfigEntry, folder: string): (() => Promise<string | undefined>) => {
  const { token, tokenFile: path } = entry.user;
  if (path && !token) {
    const read = tokenFile(resolve(folder, path));
    return async () => bearer(await read());
  }
  return () => Promise.resolve(bearer(token));
};

const usesPlugin = ({ user }: KubeconfigEntry): boolean =>
  user.exec !== undefined || user['auth-provider'] !== undefined;

/** Reads the file at once, so that a bad one is reported at start. */
export const kubeconfigConnection = (path: string, context?: string): Connection => {
  const entry = readKubeconfig(path, context);
  const folder = dirname(resolve(path));
  const tls = staticTls(entry, folder);
  const base = {
    server: withoutTrailingSlash(entry.cluster.server ?? ''),
    proxyUrl: entry.cluster['proxy-url'],
  };
  if (!usesPlugin(entry)) {
    return { ...base, tls: () => Promise.resolve(tls), authorization: authorizationOf(entry, folder) };
  }
  const plugin = pluginCredentials(path, entry.context);
  return {
    ...base,
    tls: async () => {
      const { cert, key } = await plugin();
      return { ...tls, cert: cert ?? tls.cert, key: key ?? tls.key };
    },
    authorization: async () => (await plugin()).headers['Authorization'],
  };
};
