import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { installCustomResources, startController } from '@backstay/controller';
import { createKubeClient } from '@backstay/kubernetes';
import type { Command } from 'commander';
import { z } from 'zod';
import { kubernetesConnection } from '../kubernetes-connection.ts';
import { createJsonLogger } from '../logger.ts';
import { readSettings, startSettings } from '../settings.ts';
import { untilSignal } from '../until-signal.ts';
import { addOptions } from './options.ts';

const flag = z.union([z.boolean(), z.stringbool('must be true or false')]).default(false);

/** Settings of `backstay controller`. */
export const controllerSettings = {
  kubeconfig: {
    flag: '--kubeconfig <file>',
    env: 'KUBECONFIG',
    help: "kubeconfig of the cluster (default: the Pod's service account, then ~/.kube/config)",
    schema: z.string().optional(),
  },
  namespace: {
    flag: '--namespace <name>',
    env: 'BACKSTAY_NAMESPACE',
    help: 'work on this namespace only (default: all)',
    schema: z.string().optional(),
  },
  leaderElect: {
    flag: '--leader-elect',
    env: 'BACKSTAY_LEADER_ELECT',
    help: 'of several controllers only one works at a time',
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
  logLevel: startSettings.logLevel,
} as const;

export function addControllerCommand(program: Command, env: NodeJS.ProcessEnv): void {
  const command = program.command('controller').description('turn custom resources into Jobs, in any Kubernetes');
  addOptions(command, controllerSettings).action((flags: Record<string, unknown>) => controller(flags, env));
}

async function controller(flags: Record<string, unknown>, env: NodeJS.ProcessEnv): Promise<void> {
  const settings = readSettings(controllerSettings, flags, env);
  const logger = createJsonLogger(settings.logLevel);
  const client = createKubeClient(kubernetesConnection(env, settings.kubeconfig));
  if (settings.installCrds) await installCustomResources(client);
  const identity = `${os.hostname()}_${randomUUID()}`;
  const running = await startController({
    client,
    logger,
    ...(settings.namespace ? { namespace: settings.namespace } : {}),
    ...(settings.leaderElect ? { leaderElection: { namespace: settings.leaderElectionNamespace, identity } } : {}),
  });
  await untilSignal();
  await running.stop();
  await client.close();
}
