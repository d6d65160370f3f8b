// A Kubernetes of one node for trying things by hand: up, down, load ARCHIVE, exec COMMAND...
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { clusterAt, defaultPlace, startCluster, stopCluster } from './cluster.ts';
import { kubeconfigOf } from './cluster-place.ts';
import { clusterBinaries } from './prerequisites.ts';

const usage = 'One of: up, down, load ARCHIVE, exec COMMAND...\n';
const place = defaultPlace(clusterBinaries() ?? '');

const commands: Record<string, (args: string[]) => Promise<void> | void> = {
  up: async () => {
    await startCluster(place);
    process.stdout.write(`KUBECONFIG=${kubeconfigOf(place, 'admin')} (inside the namespace ${place.name})\n`);
  },
  down: () => stopCluster(place),
  load: ([archive = '']) => clusterAt(place).load(archive),
  exec: (args) => {
    execFileSync('nsenter', [`--net=/run/netns/${place.name}`, ...args], {
      stdio: 'inherit',
      env: {
        ...process.env,
        KUBECONFIG: kubeconfigOf(place, 'admin'),
        PATH: `${place.binaries}:${process.env['PATH'] ?? ''}`,
      },
    });
  },
};

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) process.stderr.write(usage);
else await command(args);
process.exitCode = command === undefined ? 2 : 0;
