import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targets } from './targets.ts';

const folders = [process.env['KUBEBUILDER_ASSETS'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
const kubectl = folders.map((folder) => join(folder, 'kubectl')).find((file) => file !== 'kubectl' && existsSync(file));

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const local = targets.find(({ name }) => name === 'local-cluster');

describe.skipIf(!kubectl || !local)(
  kubectl ? 'kubectl against local-cluster' : 'skipped: kubectl is in no folder of KUBEBUILDER_ASSETS or PATH',
  () => {
    let cluster: Awaited<ReturnType<NonNullable<typeof local>['start']>>;

    const run = (args: string[], input?: string): Promise<Outcome> =>
      new Promise((resolve) => {
        const child = execFile(
          kubectl ?? '',
          args,
          {
            env: { ...process.env, KUBECONFIG: cluster.kubeconfigPath, HOME: dirname(cluster.kubeconfigPath) },
            timeout: 25_000,
          },
          (error, stdout, stderr) =>
            resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
        );
        child.stdin?.end(input ?? '');
      });
    const ok = async (args: string[], input?: string): Promise<string> => {
      const { code, stdout, stderr } = await run(args, input);
      expect(code, `kubectl ${args.join(' ')}: ${stderr}`).toBe(0);
      return stdout;
    };

    beforeAll(async () => {
      if (local) cluster = await local.start();
    });
    afterAll(() => cluster?.stop());

    const manifest = (value: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  labels: {app: demo}\ndata:\n  key: ${value}\n`;

    it('applies, diffs and applies again', async () => {
      expect(await ok(['apply', '--validate=strict', '-f', '-'], manifest('one'))).toBe('configmap/settings created\n');
      expect(await ok(['apply', '-f', '-'], manifest('one'))).toBe('configmap/settings unchanged\n');
      const difference = await run(['diff', '-f', '-'], manifest('two'));
      expect(difference.code, difference.stderr).toBe(1);
      expect(difference.stdout).toContain('+  key: two');
      expect(await ok(['apply', '-f', '-'], manifest('two'))).toBe('configmap/settings configured\n');
      const { code, stderr } = await run(['apply', '--validate=strict', '-f', '-'], `${manifest('two')}oops: 1\n`);
      expect(code).toBe(1);
      expect(stderr).toContain('unknown field "oops"');
      expect(await ok(['apply', '--server-side', '--force-conflicts', '-f', '-'], manifest('three'))).toContain(
        'serverside-applied',
      );
      expect(await ok(['get', 'cm', 'settings', '-o', 'jsonpath={.data.key}'])).toBe('three');
    });

    it('takes back what it has exported as a list, and finds mistakes in it', async () => {
      for (const name of ['first', 'second']) await ok(['create', 'cm', name, '--from-literal=key=a', '--save-config']);
      const list = await ok(['get', 'cm', 'first', 'second', '-o', 'yaml']);
      expect(list).toContain('kind: List');
      await ok(['delete', 'cm', 'first', 'second']);
      expect(await ok(['apply', '-f', '-'], list)).toBe('configmap/first created\nconfigmap/second created\n');
      const { code, stderr } = await run(['apply', '-f', '-'], list.replaceAll('  data:', '  date:'));
      expect(code).toBe(1);
      expect(stderr).toContain('unknown field "date"');
    });

    it('creates, shows, patches, labels and deletes', async () => {
      expect(await ok(['create', 'secret', 'generic', 'access', '--from-literal=token=hidden'])).toBe(
        'secret/access created\n',
      );
      expect(await ok(['create', 'namespace', 'shop'])).toBe('namespace/shop created\n');
      expect(await ok(['get', 'secrets', 'access'])).toMatch(/^NAME +TYPE +DATA +AGE\naccess +Opaque +1 +\d+s\n$/);
      expect(await ok(['describe', 'secret', 'access'])).toContain('token:  6 bytes');
      expect(await ok(['label', 'secret', 'access', 'tier=gold'])).toContain('labeled');
      expect(await ok(['get', 'secrets', '-l', 'tier=gold', '-o', 'name'])).toBe('secret/access\n');
      expect(await ok(['patch', 'secret', 'access', '-p', '{"stringData":{"more":"x"}}'])).toContain('patched');
      expect(await ok(['delete', 'secret', 'access'])).toContain('deleted');
      expect((await run(['get', 'secret', 'access'])).stderr).toBe(
        'Error from server (NotFound): secrets "access" not found\n',
      );
      expect(await ok(['delete', 'namespace', 'shop'])).toContain('deleted');
      expect(await ok(['get', 'nodes', '-o', 'wide'])).toContain('Ready');
    });

    it('runs a Job, waits for it and reads its log', async () => {
      await ok(['create', 'job', 'hello', '--image=none:1', '--', 'sh', '-c', 'echo hello from the pod']);
      expect(await ok(['wait', '--for=condition=complete', 'job/hello', '--timeout=20s'])).toContain('condition met');
      expect(await ok(['logs', 'job/hello'])).toBe('hello from the pod\n');
      expect((await run(['logs', '--previous', 'job/hello'])).stderr).toContain(
        'previous terminated container "hello"',
      );
      expect(await ok(['get', 'job', 'hello'])).toMatch(/hello +Complete +1\/1/);
      expect(await ok(['get', 'all', '-o', 'wide'])).toContain('job.batch/hello');
      expect(await ok(['describe', 'job', 'hello'])).toContain('SuccessfulCreate');
      await ok(['create', 'cronjob', 'nightly', '--image=none:1', '--schedule=0 3 * * *', '--', 'true']);
      await ok(['create', 'job', 'tonight', '--from=cronjob/nightly']);
      expect(await ok(['get', 'cj', 'nightly'])).toContain('0 3 * * *');
      expect(await ok(['delete', 'job', 'hello', 'tonight'])).toContain('deleted');
      expect(await ok(['delete', 'cronjob', 'nightly'])).toContain('deleted');
    });

    it('explains and serves a custom resource', async () => {
      const definition = {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'lamps.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { kind: 'Lamp', plural: 'lamps', shortNames: ['lp'] },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              additionalPrinterColumns: [{ name: 'Watts', type: 'integer', jsonPath: '.spec.watts' }],
              schema: {
                openAPIV3Schema: {
                  type: 'object',
                  properties: {
                    spec: {
                      type: 'object',
                      description: 'What the lamp shall do.',
                      properties: { watts: { type: 'integer', description: 'Power in watts.' } },
                    },
                  },
                },
              },
            },
          ],
        },
      };
      const file = join(dirname(cluster.kubeconfigPath), 'crd.json');
      await writeFile(file, JSON.stringify(definition));
      await ok(['apply', '-f', file]);
      await ok(['wait', '--for=condition=Established', 'crd/lamps.example.com', '--timeout=10s']);
      await ok(
        ['apply', '-f', '-'],
        'apiVersion: example.com/v1\nkind: Lamp\nmetadata: {name: desk}\nspec: {watts: 5}\n',
      );
      expect(await ok(['get', 'lp'])).toMatch(/^NAME +WATTS\ndesk +5\n$/);
      expect(await ok(['explain', 'lamps.spec'])).toContain('Power in watts.');
      expect(await ok(['explain', 'jobs.spec.template'])).toContain('PodTemplateSpec');
      await ok(['delete', 'lamp', 'desk']);
    });

    it('asks what one may do, and speaks as a service account', async () => {
      expect(await ok(['auth', 'can-i', 'delete', 'secrets'])).toBe('yes\n');
      expect((await run(['auth', 'can-i', 'list', 'pods', '--as=bob'])).stdout).toBe('no\n');
      expect(await ok(['auth', 'whoami'])).toContain('system:masters');
      await ok(['create', 'sa', 'robot']);
      await ok(['create', 'rolebinding', 'robot', '--clusterrole=view', '--serviceaccount=default:robot']);
      const token = (await ok(['create', 'token', 'robot'])).trim();
      const robot = (args: string[]) => run([`--server=${cluster.url}`, `--token=${token}`, ...args]);
      expect((await robot(['auth', 'whoami'])).stdout).toContain('system:serviceaccount:default:robot');
      const unnamed = await run(['auth', 'can-i', 'list', 'pods', '--as=system:serviceaccount:default:robot']);
      expect(unnamed.stdout).toBe('yes\n');
      const secrets = await run(['get', 'secrets', '--as=system:serviceaccount:default:robot']);
      expect(secrets.stderr).toContain(
        'is forbidden: User "system:serviceaccount:default:robot" cannot list resource "secrets"',
      );
    });
  },
);
