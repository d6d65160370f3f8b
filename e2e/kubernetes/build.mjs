// Builds Kubernetes for the tests from Go modules, into BACKSTAY_CACHE/kubernetes. Takes 12 minutes on two cores, once.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { cacheFolder } from '../src/kubernetes/prerequisites.ts';

const target = path.join(cacheFolder(), 'kubernetes');
const coredns = 'github.com/coredns/coredns@v1.15.0';
const cluster = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet', 'kubectl'];

/** Static, so that they run anywhere; the version is what `kubectl version` and the API server say. */
const environment = {
  ...process.env,
  PATH: `${process.env.PATH}:/usr/local/go/bin`,
  CGO_ENABLED: '0',
  GOFLAGS: '-trimpath',
  GOBIN: target,
};

function go(args) {
  const { status, error } = spawnSync('go', args, { cwd: import.meta.dirname, stdio: 'inherit', env: environment });
  if (error) throw new Error('Go is missing. On Debian: apt-get install golang, or see https://go.dev/dl');
  if (status !== 0) throw new Error(`go ${args.join(' ')} failed`);
}

const version = /k8s\.io\/kubernetes (v\S+)/.exec(fs.readFileSync(path.join(import.meta.dirname, 'go.mod'), 'utf8'))[1];
const [major, minor] = version.slice(1).split('.');
const variables = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
const flags = Object.entries(variables)
  .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  .join(' ');

fs.mkdirSync(target, { recursive: true });
const build = (name, source) => {
  process.stdout.write(`${name}…\n`);
  go(['build', '-ldflags', `-s -w ${flags}`, '-o', `${path.join(target, name)}.new`, source]);
  fs.renameSync(`${path.join(target, name)}.new`, path.join(target, name));
};
build('pause', './pause');
build('etcd', 'go.etcd.io/etcd/server/v3');
for (const name of cluster) build(name, `k8s.io/kubernetes/cmd/${name}`);
process.stdout.write('coredns…\n');
go(['install', '-ldflags', '-s -w', coredns]);
process.stdout.write(`${target}\n`);
