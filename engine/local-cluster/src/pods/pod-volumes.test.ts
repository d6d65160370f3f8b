import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../controllers/resources.ts';
import {
  bash,
  createConfigMap,
  createPod,
  createSecret,
  eventsOf,
  getPod,
  podEnded,
  podFolder,
  podOutput,
  readLog,
  startTestCluster,
  type TestCluster,
  temporaryFolder,
  until,
} from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster();
});
afterEach(() => cluster.stop());

describe('volumes', () => {
  it('mounts them with the rights of Kubernetes and rewrites paths where scripts name them', async () => {
    createSecret(cluster, 's', { key: '/mnt/init stays', 'run.sh': '#!/bin/sh\ncat /mnt/c/text' });
    createConfigMap(cluster, 'c', { text: 'see /mnt/init and /mnt/init2', other: 'no' });
    const spec = bash(
      'ls -l /mnt/s | tr -s " " | cut -d" " -f1,9; cat /mnt/s/key; /mnt/s/run.sh; ls /mnt/c; ls -d /mnt/e/sub',
      {
        container: {
          volumeMounts: [
            { name: 's', mountPath: '/mnt/s' },
            { name: 'c', mountPath: '/mnt/c/' },
            { name: 'e', mountPath: '/mnt/init' },
            { name: 'e', mountPath: '/mnt/e/sub', subPath: 'a/b' },
          ],
        },
        volumes: [
          { name: 's', secret: { secretName: 's', defaultMode: 0o755 } },
          { name: 'c', configMap: { name: 'c', items: [{ key: 'text', path: 'text' }] } },
          { name: 'e', emptyDir: {} },
        ],
      },
    );
    createPod(cluster, 'p', spec);
    const output = await podOutput(cluster, 'p');
    const folder = podFolder(cluster, 'p');
    expect(output).toContain('-rwx------ key');
    expect(output).toContain('/mnt/init stays');
    expect(output).toContain(`see ${folder}/volumes/e and /mnt/init2text\n${folder}/volumes/e/a/b`);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(existsSync(join(folder, 'files'))).toBe(false);
  });

  it('waits for a missing Secret, says so, and goes on when it appears', async () => {
    const spec = bash('cat /mnt/s/key', {
      container: { volumeMounts: [{ name: 's', mountPath: '/mnt/s' }] },
      volumes: [{ name: 's', secret: { secretName: 'late' } }],
    });
    createPod(cluster, 'p', spec);
    await until('FailedMount', () => eventsOf(cluster, 'p').some(({ reason }) => reason === 'FailedMount'));
    expect(getPod(cluster, 'p')?.status?.phase).toBe('Pending');
    expect(eventsOf(cluster, 'p')[0]?.message).toContain('secret "late" not found');
    createSecret(cluster, 'late', { key: 'here' });
    expect(await podOutput(cluster, 'p')).toBe('here');
  });

  it('refuses paths that lead out of a volume', async () => {
    createConfigMap(cluster, 'c', { a: 'x' });
    const spec = bash('true', {
      container: { volumeMounts: [{ name: 'e', mountPath: '/m', subPath: 'a/../../../x' }] },
      volumes: [{ name: 'e', emptyDir: {} }],
    });
    try {
      createPod(cluster, 'p', spec);
    } catch (error) {
      expect(String(error)).toContain('..');
      return;
    }
    const event = await until('FailedMount', () => eventsOf(cluster, 'p')[0]);
    expect(event.message).toContain('leads out of its volume');
  });

  it('keeps the folder of a claim through Pods, until the claim goes', async () => {
    cluster.registry.create(resources.claims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await until('a bound claim', () => {
      const claim = cluster.registry.get(resources.claims, 'default', 'data');
      return (claim?.['status'] as { phase?: string } | undefined)?.phase === 'Bound';
    });
    const withClaim = (script: string) =>
      bash(script, {
        container: { volumeMounts: [{ name: 'd', mountPath: '/data' }] },
        volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
      });
    createPod(cluster, 'writer', withClaim('echo kept > /data/f'));
    await podEnded(cluster, 'writer');
    createPod(cluster, 'reader', withClaim('cat /data/f'));
    expect(await podOutput(cluster, 'reader')).toBe('kept\n');
    const uid = cluster.registry.get(resources.claims, 'default', 'data')?.metadata.uid ?? '';
    cluster.registry.delete(resources.claims, { namespace: 'default', name: 'data' });
    await until('no folder', () => !existsSync(join(cluster.home, 'volumes', uid)));
  });
});

describe('a home with a hostile name', () => {
  it('does not matter to scripts', async () => {
    const parent = temporaryFolder();
    const home = join(parent, "it's a `home` $HOME");
    mkdirSync(home);
    const odd = startTestCluster({ home });
    createPod(
      odd,
      'p',
      bash('echo x > /mnt/e/f; cat /mnt/e/f /mnt/c/script', {
        container: {
          volumeMounts: [
            { name: 'e', mountPath: '/mnt/e' },
            { name: 'h', mountPath: '/mnt/c' },
          ],
        },
        volumes: [
          { name: 'e', emptyDir: {} },
          { name: 'h', hostPath: { path: parent } },
        ],
      }),
    );
    writeFileSync(join(parent, 'script'), 'y\n');
    expect((await readLog(odd, await podEnded(odd, 'p'))).toString()).toBe('x\ny\n');
    await odd.stop();
    rmSync(parent, { recursive: true });
  });
});
