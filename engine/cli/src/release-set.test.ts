import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { customResourceDefinitions } from '@backstay/shared';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readRelease } from '../../../deploy/image/release.mjs';
import { deploymentFiles, root } from '../scripts/deployment-files.ts';
import { versionText } from './commands/version.ts';
import { releaseSet } from './release-set.gen.ts';

const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const chartSchema = z.object({ version: z.string(), appVersion: z.string() });
const packages = [
  '.',
  'shared',
  'kubernetes',
  'bff',
  'web',
  'e2e',
  ...readdirSync(join(root, 'engine')).map((name) => `engine/${name}`),
];
const crdSchema = z.object({
  spec: z.object({ group: z.string(), versions: z.array(z.object({ name: z.string() })) }),
});

describe('the release set', () => {
  it.each(deploymentFiles().map(({ path, content }) => [path.slice(root.length + 1), content]))(
    '%s is what `npm run generate` writes',
    (path, content) => {
      expect(text(path)).toBe(content);
    },
  );

  it.each(packages)('%s/package.json has the version of the release', (folder) => {
    expect(JSON.parse(text(`${folder}/package.json`)).version).toBe(releaseSet.release);
  });

  it('says one version for every part', () => {
    expect(new Set(Object.values(releaseSet.parts))).toEqual(new Set([releaseSet.release]));
  });

  it('is in the chart', () => {
    const chart = chartSchema.parse(parse(text('deploy/chart/Chart.yaml')));
    expect(chart).toMatchObject({ version: releaseSet.parts.chart, appVersion: releaseSet.release });
    const values = z
      .object({ image: z.object({ repository: z.string(), tag: z.string() }) })
      .parse(parse(text('deploy/chart/values.yaml')));
    expect(`${values.image.repository}:${values.image.tag || chart.appVersion}`).toBe(releaseSet.image);
  });

  it('names the image that Jobs take the client from', () => {
    expect(text('engine/procedures/src/manifests/layout.ts')).toContain(`'${releaseSet.image}'`);
    expect(releaseSet.image.endsWith(`:${releaseSet.release}`)).toBe(true);
  });

  it('is in the image, as labels and as a file', () => {
    const { image, labels } = readRelease(root);
    expect(image).toBe(releaseSet.image);
    expect(labels).toMatchObject({ 'org.opencontainers.image.version': releaseSet.release });
    const parts = Object.entries(releaseSet.parts).map(([name, version]) => [`io.backstay.${name}`, version]);
    expect(labels).toMatchObject(Object.fromEntries(parts));
    expect(text('deploy/image/parts.mjs')).toContain("'release.yaml'");
  });

  it('names the versions of the custom resources', () => {
    const served = customResourceDefinitions().map((definition) => {
      const { group, versions } = crdSchema.parse(definition).spec;
      return [group, versions.map(({ name }) => name).join(' ')];
    });
    expect(Object.fromEntries(served)).toEqual(releaseSet.customResources);
  });

  it('names the Node version of the workspace, and the versions that the tests build', () => {
    expect(JSON.parse(text('package.json')).devDependencies.node).toBe(releaseSet.node);
    const modules = text('e2e/kubernetes/go.mod');
    expect(modules).toContain(`k8s.io/kubernetes v${releaseSet.tested.kubernetes}`);
    expect(modules).toContain(`go.etcd.io/etcd/server/v3 v${releaseSet.tested.etcd}`);
  });

  it('is what the commands print', () => {
    expect(versionText({})).toBe(releaseSet.release);
    expect(parse(versionText({ set: true }))).toEqual(releaseSet);
    expect(JSON.parse(versionText({ set: true, json: true }))).toEqual(releaseSet);
    expect(JSON.parse(versionText({ json: true }))).toEqual({ release: releaseSet.release });
  });

  it.each([
    ['engine/cli/src/main.ts', ['version']],
    ['engine/cli/src/main.ts', ['--version']],
    ['engine/client/src/main.ts', ['version']],
    ['engine/client/src/main.ts', ['--version']],
  ])('%s %s prints the version of the release', (script, args) => {
    expect(execFileSync(process.execPath, [join(root, script), ...args]).toString()).toBe(`${releaseSet.release}\n`);
  });
});
