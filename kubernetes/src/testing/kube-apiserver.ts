import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient } from '../create-kube-client.ts';
import { freePort } from './free-port.ts';
import { type Started, startProgram, waitUntil } from './processes.ts';

export interface KubeApiserverOptions {
  /** Folder of the binaries. Default: KUBEBUILDER_ASSETS. */
  assets?: string;
  /** Also starts kube-controller-manager: Jobs, CronJobs, garbage collection. Pods stay pending: there is no node. */
  controllers?: boolean;
  /** Identities besides the administrator, with tokens that the caller chose. */
  users?: readonly { name: string; groups?: readonly string[]; token: string }[];
}

export interface KubeApiserver {
  /** https://127.0.0.1:port */
  readonly url: string;
  readonly caCertificate: string;
  /** Of a member of system:masters. */
  readonly adminToken: string;
  readonly kubeconfigPath: string;
  /** kill -9 of the API server alone: etcd keeps what was acknowledged. */
  kill(): Promise<void>;
  /** After `kill`: the same address, the same objects. */
  restart(): Promise<void>;
  /** Stops answering without closing a connection, until `resume`. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** Folder of etcd and kube-apiserver, if this machine has them. */
export const kubeApiserverAssets = (): string | undefined => {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  return assets !== undefined && existsSync(join(assets, 'kube-apiserver')) ? assets : undefined;
};

const writeKeys = async (folder: string): Promise<void> => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await writeFile(join(folder, 'sa.key'), privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'sa.pub'), publicKey);
};

const writeTokens = (folder: string, adminToken: string, users: KubeApiserverOptions['users'] = []): Promise<void> => {
  const lines = [
    `${adminToken},admin,admin,"system:masters"`,
    ...users.map(({ name, groups, token }) => `${token},${name},${name},"${(groups ?? []).join(',')}"`),
  ];
  return writeFile(join(folder, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
};

const writeKubeconfig = async (path: string, cluster: { url: string; ca: string; token: string }): Promise<void> => {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: cluster.url,
          'certificate-authority-data': Buffer.from(cluster.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'admin', user: { token: cluster.token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
};

const startEtcd = async (assets: string, folder: string): Promise<{ url: string; started: Started }> => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peers = `http://127.0.0.1:${await freePort()}`;
  const args = ['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'warn'];
  args.push('--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peers);
  args.push('--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`);
  return { url, started: startProgram(join(assets, 'etcd'), args, join(folder, 'etcd.log')) };
};

const apiserverArguments = (folder: string, etcdUrl: string, port: number): string[] => [
  `--etcd-servers=${etcdUrl}`,
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  `--secure-port=${port}`,
  '--service-cluster-ip-range=10.96.0.0/16',
  `--cert-dir=${join(folder, 'pki')}`,
  `--token-auth-file=${join(folder, 'tokens.csv')}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${join(folder, 'sa.pub')}`,
  `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
  '--authorization-mode=RBAC',
  '--allow-privileged',
  '--endpoint-reconciler-type=none',
];

const waitReady = async (server: {
  url: string;
  token: string;
  caFile: string;
  programs: Started[];
}): Promise<void> => {
  const assertRuns = (): void => {
    for (const program of server.programs) {
      program.assertRuns();
    }
  };
  await waitUntil('the certificate of kube-apiserver', () => {
    assertRuns();
    return existsSync(server.caFile);
  });
  const caCertificate = await readFile(server.caFile, 'utf8');
  const client = createKubeClient({ server: server.url, token: server.token, caCertificate });
  const probe = async (): Promise<boolean> => {
    assertRuns();
    return client.getRaw('/readyz').then(
      () => true,
      () => false,
    );
  };
  await waitUntil('kube-apiserver', probe, 60_000);
  await client.close();
};

/** A real API server with its etcd on loopback ports, empty, its files in a folder that `stop` removes. */
export const startKubeApiserver = async (options: KubeApiserverOptions = {}): Promise<KubeApiserver> => {
  const assets = options.assets ?? kubeApiserverAssets();
  if (assets === undefined) {
    throw new Error('Set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver.');
  }
  const folder = await mkdtemp(join(tmpdir(), 'kube-apiserver-'));
  const programs: Pick<Started, 'stop'>[] = [];
  const stop = async (): Promise<void> => {
    for (const program of programs.toReversed()) {
      await program.stop();
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await mkdir(join(folder, 'pki'));
    const adminToken = randomBytes(16).toString('hex');
    await Promise.all([writeKeys(folder), writeTokens(folder, adminToken, options.users)]);
    const etcd = await startEtcd(assets, folder);
    programs.push(etcd.started);
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const args = apiserverArguments(folder, etcd.url, port);
    const caFile = join(folder, 'pki', 'apiserver.crt');
    const server: { program: Started | undefined } = { program: undefined };
    const restart = async (): Promise<void> => {
      const program = startProgram(join(assets, 'kube-apiserver'), args, join(folder, 'kube-apiserver.log'));
      server.program = program;
      await waitReady({ url, token: adminToken, caFile, programs: [etcd.started, program] });
    };
    const kill = async (): Promise<void> => {
      await server.program?.stop();
    };
    programs.push({ stop: kill });
    await restart();
    const caCertificate = await readFile(caFile, 'utf8');
    const kubeconfigPath = join(folder, 'kubeconfig');
    await writeKubeconfig(kubeconfigPath, { url, ca: caCertificate, token: adminToken });
    if (options.controllers) {
      programs.push(startControllers(assets, folder, kubeconfigPath));
    }
    return {
      ...{ url, caCertificate, adminToken, kubeconfigPath, kill, restart, stop },
      pause: () => void server.program?.child.kill('SIGSTOP'),
      resume: () => void server.program?.child.kill('SIGCONT'),
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const startControllers = (assets: string, folder: string, kubeconfigPath: string): Started =>
  startProgram(
    join(assets, 'kube-controller-manager'),
    [
      `--kubeconfig=${kubeconfigPath}`,
      `--service-account-private-key-file=${join(folder, 'sa.key')}`,
      '--leader-elect=false',
      '--secure-port=0',
    ],
    join(folder, 'kube-controller-manager.log'),
  );
