import { randomUUID } from 'node:crypto';
import os from 'node:os';
import {
  createControllerMetrics,
  installCustomResources,
  parseBindAddress,
  serveController,
  startController,
} from '@backstay/controller';
import { createKubeClient, type KubeClient } from '@backstay/kubernetes';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { z } from 'zod';
import { kubernetesConnection } from '../kubernetes-connection.ts';
import { leanMemory } from '../lean-memory.ts';
import { createJsonLogger } from '../logger.ts';
import { kubeconfigSetting, readSettings, type SettingsOf, startSettings } from '../settings.ts';
import { untilSignal } from '../until-signal.ts';
import { addOptions } from './options.ts';

const bindAddress = (usual: string) =>
  z
    .string()
    .default(usual)
    .refine((text) => isBindAddress(text), 'must be an address such as :8080 or 127.0.0.1:8080, or 0');

function isBindAddress(text: string): boolean {
  try {
    parseBindAddress(text);
    return true;
  } catch {
    return false;
  }
}

const flag = z.union([z.boolean(), z.stringbool('must be true or false')]).default(false);

/** Settings of `backstay controller`. */
export const controllerSettings = {
  kubeconfig: kubeconfigSetting,
  namespace: {
    flag: '--namespace <name>',
    env: 'BACKSTAY_NAMESPACE',
    help: 'work on this namespace only (default: all)',
    schema: z.string().optional(),
  },
  leaderElect: {
    flag: '--leader-elect, -l [boolean]',
    env: 'BACKSTAY_LEADER_ELECT',
    help: 'of several controllers only one works at a time (default: false)',
    schema: flag,
  },
  leaderElectionNamespace: {
    flag: '--leader-election-namespace <name>',
    env: 'POD_NAMESPACE',
    help: 'namespace of the Lease (default: default)',
    schema: z.string().default('default'),
  },
  installCrds: {
    flag: '--install-crds',
    env: 'BACKSTAY_INSTALL_CRDS',
    help: 'install or update the custom resource definitions first',
    schema: flag,
  },
  backupMakerImage: {
    flag: '--backup-maker-image <image>',
    env: 'BACKSTAY_BACKUP_MAKER_IMAGE',
    help: 'image that Jobs take backup-maker from (default: that of this release)',
    schema: z.string().optional(),
  },
  metricsAddress: {
    flag: '--metrics-bind-address, -m <address>',
    env: 'BACKSTAY_METRICS_BIND_ADDRESS',
    help: 'where /metrics is served, for Prometheus; 0: nowhere (default: :8080)',
    schema: bindAddress(':8080'),
  },
  probeAddress: {
    flag: '--health-probe-bind-address, -p <address>',
    env: 'BACKSTAY_HEALTH_PROBE_BIND_ADDRESS',
    help: 'where /healthz and /readyz are served; 0: nowhere (default: :8081)',
    schema: bindAddress(':8081'),
  },
  debug: {
    flag: '--debug, -v [boolean]',
    env: 'BACKSTAY_DEBUG',
    help: 'the same as --log-level debug (default: false)',
    schema: flag,
  },
  logLevel: startSettings.logLevel,
} as const;

type ControllerSettings = SettingsOf<typeof controllerSettings>;

/** Flags of older versions: accepted, so that manifests of then still start, and without an effect. */
const formerFlags = {
  redisHost: { flag: '--redis-host <host>', why: 'locks need no Redis any more' },
  redisPort: { flag: '--redis-port <port>', why: 'locks need no Redis any more' },
  disableRedis: { flag: '--disable-redis [boolean]', why: 'locks need no Redis any more' },
  zapDevel: { flag: '--zap-devel [boolean]', why: 'logs have one format, JSON lines; use --debug for more of them' },
} as const;

export function addControllerCommand(program: Command, env: NodeJS.ProcessEnv): void {
  const command = program.command('controller').description('turn custom resources into Jobs, in any Kubernetes');
  addOptions(command, controllerSettings);
  for (const { flag, why } of Object.values(formerFlags)) command.option(flag, `accepted and ignored: ${why}`);
  command.action((flags: Record<string, unknown>) => controller(flags, env));
}

/** Options are named after their flag, settings after what they are. */
function namedSettings(flags: Record<string, unknown>): Record<string, unknown> {
  const { metricsBindAddress: metricsAddress, healthProbeBindAddress: probeAddress, ...others } = flags;
  return { ...others, metricsAddress, probeAddress };
}

function noteFormerFlags(flags: Record<string, unknown>, logger: Logger): void {
  for (const [name, { flag, why }] of Object.entries(formerFlags))
    if (flags[name] !== undefined) logger.info(`${flag.split(' ')[0]} is ignored: ${why}`);
}

async function controller(flags: Record<string, unknown>, env: NodeJS.ProcessEnv): Promise<void> {
  leanMemory();
  const settings = readSettings(controllerSettings, namedSettings(flags), env);
  const logger = createJsonLogger(settings.debug ? 'debug' : settings.logLevel);
  noteFormerFlags(flags, logger);
  const client = createKubeClient(kubernetesConnection(env, settings.kubeconfig));
  try {
    if (settings.installCrds) await installCustomResources(client);
    await work(settings, client, logger);
  } finally {
    await client.close();
  }
}

async function work(settings: ControllerSettings, client: KubeClient, logger: Logger): Promise<void> {
  const identity = `${os.hostname()}_${randomUUID()}`;
  const metrics = createControllerMetrics();
  const running = await startController({
    client,
    logger,
    metrics,
    ...(settings.namespace ? { namespace: settings.namespace } : {}),
    ...(settings.backupMakerImage ? { backupMakerImage: settings.backupMakerImage } : {}),
    ...(settings.leaderElect ? { leaderElection: { namespace: settings.leaderElectionNamespace, identity } } : {}),
  });
  const { metricsAddress, probeAddress } = settings;
  let pages: Awaited<ReturnType<typeof serveController>> = [];
  try {
    pages = await serveController({ controller: running, metrics, metricsAddress, probeAddress });
    const signal = await untilSignal();
    logger.info({ signal }, 'Stopping: finishing what is in progress');
  } finally {
    await running.stop();
    // Until the end it can be seen that the work has not ended yet.
    await Promise.all(pages.map((page) => page.stop()));
  }
}
