import { readFileSync } from 'node:fs';
import { type KubeClient, KubeError } from '@backstay/kubernetes';
import { type KubeObject, type ResourceType, resourceTypes } from '@backstay/shared';
import { describe, expect, it } from 'vitest';
import { rbacFiles } from '../scripts/rbac-files.ts';
import { createChildrenWriter } from './cluster/children-writer.ts';
import type { ControllerCaches } from './cluster/controller-caches.ts';
import { createEventRecorder } from './cluster/event-recorder.ts';
import { meteredClient } from './observability/metered-client.ts';
import { appliedAnnotation } from './plan/children.ts';
import { controllerRules, type PolicyRule, personRoles } from './rbac.ts';
import { conditionOf, describeController } from './testing/controller-suite.ts';
import { action, existingSchedule, keysSecret, template } from './testing/existing-user.ts';

const types = resourceTypes;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

it.each(rbacFiles())('$path is what the table says (npm run generate)', ({ path, content }) => {
  expect(readFileSync(path, 'utf8')).toBe(content);
});

describe('roles for people', () => {
  it('name each kind, and let nobody write a template by editing a namespace', () => {
    expect(personRoles().map(({ metadata }) => metadata.name)).toEqual([
      'backstay-scheduledbackup-editor',
      'backstay-scheduledbackup-viewer',
      'backstay-requestedbackupaction-editor',
      'backstay-requestedbackupaction-viewer',
      'backstay-clusterbackupproceduretemplate-editor',
      'backstay-clusterbackupproceduretemplate-viewer',
    ]);
    const editor = personRoles().find(({ metadata }) => metadata.name.includes('template-editor'));
    expect(editor?.metadata.labels).toEqual({});
  });
});

const allowed = (rules: readonly PolicyRule[]): string[] =>
  rules.flatMap(({ resources, verbs }) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)));

/** An apply needs the right to patch, and the right to create when there is nothing yet. */
const verbsOf: Record<string, string[]> = { apply: ['patch', 'create'] };

const sealed: ResourceType = {
  apiVersion: 'bitnami.com/v1alpha1',
  kind: 'SealedSecret',
  plural: 'sealedsecrets',
  namespaced: true,
};

const sealedDefinition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'sealedsecrets.bitnami.com' },
  spec: {
    group: 'bitnami.com',
    scope: 'Namespaced',
    names: { kind: 'SealedSecret', plural: 'sealedsecrets' },
    versions: [
      {
        ...{ name: 'v1alpha1', served: true, storage: true },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

describeController('rights', (suite) => {
  const { applied, limited, newNamespace, runsPods, start, until, schedule, actionNamed } = suite;

  it.skipIf(runsPods)('are all needed, and no more are asked for', async () => {
    const { client, namespace } = await newNamespace();
    const used = new Set<string>();
    const recording = meteredClient(limited(), ({ verb, resource, code }) => {
      for (const one of verbsOf[verb] ?? [verb]) {
        used.add(`${one} ${resource}`);
      }
      expect(code, `${verb} ${resource}`).not.toBe(403);
    });
    await client.create(types.customResourceDefinitions, sealedDefinition);
    await client.create(types.secrets, keysSecret(namespace));
    await client.create(types.clusterBackupProcedureTemplates, template(`tpl-${namespace}`));
    const leaderElection = { namespace: 'default', identity: 'one', timing: { retryMs: 100 } };
    await start({ client: forgetful(recording), namespace: undefined, leaderElection });
    const spec = { templateRef: { kind: 'ClusterBackupProcedureTemplate', name: `tpl-${namespace}` } };
    await client.create(types.scheduledBackups, existingSchedule(namespace, 'app1', spec));
    await applied();
    await client.create(types.requestedBackupActions, action(namespace, 'own', { vars: 'Params: {db: x}' }));
    await until('the job', async () => (await actionNamed('own')).status?.processed === true);
    // A child that an older controller wrote is looked at before it is taken over, and all of it is deleted in the end.
    await makeOlder(client, namespace);
    for (const type of helperTypes) {
      await until('it is taken over', async () => {
        const { metadata } = await client.get(type, { namespace, name: 'app1-backup' });
        return metadata.annotations?.[appliedAnnotation] !== undefined;
      });
    }
    const vars = `${existingSchedule('').spec.vars}HelmValues: {name: renamed}\n`;
    await client.mergePatch(types.scheduledBackups, { namespace, name: 'app1' }, { body: { spec: { vars } } });
    await applied();
    await twoAtOnce(recording, namespace, await schedule());
    await applySealed(recording, namespace, await schedule());
    const { work, cluster, election } = controllerRules;
    expect([...used].sort()).toEqual([...new Set(allowed([...work, ...cluster, ...election]))].sort());
    expect(conditionOf(await schedule())?.status).toBe('True');
  });

  it.skipIf(runsPods)('end at what is not theirs', async () => {
    const { namespace } = await newNamespace();
    const refused = async (request: Promise<unknown>): Promise<number> =>
      request.then(
        () => 200,
        (error: unknown) => (error instanceof KubeError ? error.status : 0),
      );
    const own = limited();
    expect(await refused(own.list(types.pods, { namespace }))).toBe(403);
    expect(await refused(own.delete(types.jobs, { namespace, name: 'x' }))).toBe(403);
    expect(await refused(own.get(types.leases, { namespace: 'default', name: 'other' }))).toBe(403);
    expect(await refused(own.create(types.scheduledBackups, existingSchedule(namespace)))).toBe(403);
  });
});

/** The first status of an action is lost, as by a death after its Job was made: the Job has to be found again. */
const forgetful = (client: KubeClient): KubeClient => {
  let lost = false;
  const mergePatch: KubeClient['mergePatch'] = (type, key, patch) => {
    if (!lost && type.kind === 'RequestedBackupAction') {
      lost = true;
      return Promise.reject(new Error('lost'));
    }
    return client.mergePatch(type, key, patch);
  };
  return { ...client, mergePatch };
};

const helperTypes: ResourceType[] = [types.cronJobs, types.configMaps, types.secrets];

/** The CronJob and the helpers as a controller without server-side apply leaves them. */
const makeOlder = async (client: KubeClient, namespace: string): Promise<void> => {
  for (const type of helperTypes) {
    const name = 'app1-backup';
    const live = await client.get<KubeObject>(type, { namespace, name });
    const { managedFields, resourceVersion, uid, annotations, ...metadata } = live.metadata;
    // The controller puts back what is deleted: who is faster is tried until it is this test.
    for (let made = false; !made; ) {
      await client.delete(type, { namespace, name });
      made = await client.create(type, { ...live, metadata }).then(
        () => true,
        () => false,
      );
    }
  }
};

const twoAtOnce = async (client: KubeClient, namespace: string, object: KubeObject): Promise<void> => {
  const record = createEventRecorder(client, silent, () => new Date());
  for (const message of ['once', 'once']) {
    await record(
      { ...object, metadata: { ...object.metadata, namespace } },
      { type: 'Warning', reason: 'ErrorOccurred', message },
    );
  }
};

const applySealed = async (client: KubeClient, namespace: string, owner: KubeObject): Promise<void> => {
  const cache = { onChange: () => () => undefined };
  const caches = { cronJobs: cache, configMaps: cache, secrets: cache } as unknown as ControllerCaches;
  const writer = createChildrenWriter(client, caches);
  const child = { apiVersion: sealed.apiVersion, kind: sealed.kind, metadata: { name: 'keys', namespace } };
  await writer.apply(owner, [child]);
  await writer.apply(owner, [child]);
};
