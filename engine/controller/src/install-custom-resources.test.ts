import { once } from 'node:events';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { createKubeClient, type KubeClient } from '@backstay/kubernetes';
import { type KubeApiserver, kubeApiserverAssets, startKubeApiserver } from '@backstay/kubernetes/testing';
import { customResourceDefinitions, type KubeObject, type ResourceType, resourceTypes } from '@backstay/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installCustomResources } from './install-custom-resources.ts';
import { action, existingSchedule, template } from './testing/existing-user.ts';
import { type Schema, violations } from './testing/violations.ts';

const namespace = 'default';

interface Table {
  columnDefinitions: { name: string }[];
  rows: { cells: unknown[] }[];
}

/* Every field of every kind has a value here, so that each of their rules can be broken. */

const schedule = existingSchedule(namespace, 'complete', {
  cronJob: {
    ...{ enabled: true, scheduleEvery: '0 3 * * *', timeZone: 'Europe/Warsaw', suspend: false },
    ...{ concurrencyPolicy: 'Replace', startingDeadlineSeconds: 600 },
    ...{ successfulJobsHistoryLimit: 5, failedJobsHistoryLimit: 2 },
  },
  job: {
    resources: { limits: { memory: '1Gi' } },
    securityContext: { runAsNonRoot: true },
    podSecurityContext: { fsGroup: 1000 },
    serviceAccountName: 'backups',
    nodeSelector: { disk: 'fast' },
    tolerations: [{ key: 'backups', operator: 'Exists', tolerationSeconds: 60 }],
    labels: { team: 'storage' },
    ttlSecondsAfterFinished: 86_400,
    activeDeadlineSeconds: 7_200,
  },
  varsSecretRef: { secretName: 'vars', importOnlyKeys: ['Params.password'] },
});
const restoreAction = action(namespace, 'complete', {
  ...{ action: 'restore', kindType: 'Job', targetVersion: 'v1', vars: 'Params: {}' },
});
const collection: KubeObject = {
  apiVersion: 'backups.riotkit.org/v1alpha1',
  kind: 'BackupCollection',
  metadata: { name: 'iwa-ait', namespace },
  spec: {
    description: 'IWA-AIT website files',
    filenameTemplate: 'iwa-ait-${version}.tar.gz',
    maxBackupsCount: 5,
    maxOneVersionSize: '1M',
    maxCollectionSize: '10M',
    windows: [{ from: '*/30 * * * *', duration: '30m' }],
    strategyName: 'fifo',
    strategySpec: { keepLastOlderNotMoreThan: '5d', maxOlderCopies: 2 },
    healthSecretRef: { name: 'health', entry: 'iwa-ait' },
    accessControl: [{ name: 'a', userName: 'a', type: 'user', roles: ['backupUploader'] }],
  },
};
const reference = { name: 'secret', entry: 'entry' };
const user: KubeObject = {
  apiVersion: 'backups.riotkit.org/v1alpha1',
  kind: 'BackupUser',
  metadata: { name: 'admin', namespace },
  spec: {
    email: 'a@example.org',
    roles: ['systemAdmin', 'usersManager', 'userManager'],
    password: 'x',
    passwordFromRef: reference,
    accessKeys: [
      {
        name: 'ci',
        password: 'x',
        passwordFromRef: reference,
        objects: [{ name: 'iwa-ait', type: 'collection', roles: ['backupUploader'] }],
      },
    ],
    deactivated: false,
    organization: 'o',
    about: 'a',
    restrictByIP: ['127.0.0.1'],
    id: '1',
  },
};

const examples: [ResourceType, KubeObject][] = [
  [resourceTypes.scheduledBackups, schedule],
  [resourceTypes.requestedBackupActions, restoreAction],
  [resourceTypes.clusterBackupProcedureTemplates, template('complete')],
  [resourceTypes.backupCollections, collection],
  [resourceTypes.backupUsers, user],
];

const schemaOf = (type: ResourceType): Schema => {
  const definition = customResourceDefinitions().find(({ metadata }) => metadata.name.startsWith(`${type.plural}.`));
  const spec = definition?.['spec'] as { versions: { schema: { openAPIV3Schema: Schema } }[] };
  return spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'] ?? {};
};

describe.skipIf(kubeApiserverAssets() === undefined)(
  'custom resources on a real kube-apiserver (KUBEBUILDER_ASSETS)',
  () => {
    let server: KubeApiserver;
    let client: KubeClient;
    beforeAll(async () => {
      server = await startKubeApiserver();
      client = createKubeClient({ kubeconfig: server.kubeconfigPath });
      await installCustomResources(client);
    });
    afterAll(async () => {
      await client?.close();
      await server?.stop();
    });

    it('are installed again without a change', async () => {
      const { customResourceDefinitions: type } = resourceTypes;
      const versions = async () => (await client.list(type)).items.map(({ metadata }) => metadata.resourceVersion);
      const before = await versions();
      await installCustomResources(client);
      expect(await versions()).toEqual(before);
      expect(before).toHaveLength(5);
    });

    it.each(customResourceDefinitions().map((definition) => [definition.metadata.name, definition] as const))(
      '%s is accepted without a warning',
      async (name, definition) => {
        const apply = request(
          `${server.url}/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}?fieldManager=t&force=true&fieldValidation=Strict`,
          {
            method: 'PATCH',
            ca: server.caCertificate,
            headers: { authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/apply-patch+yaml' },
          },
        );
        apply.end(JSON.stringify(definition));
        const [response] = await once(apply, 'response');
        response.resume();
        expect([response.statusCode, response.headers.warning]).toEqual([200, undefined]);
      },
    );

    it.each(examples)('$kind: what users have is accepted, and nothing of it is lost', async (type, object) => {
      const created = await client.create(type, object);
      expect(created['spec']).toEqual(object['spec']);
    });

    it.each(examples)('$kind: every rule of the schema is enforced', async (type, object) => {
      const wrong = violations(schemaOf(type), object['spec'], 'spec');
      expect(wrong.length).toBeGreaterThan(5);
      const accepted: string[] = [];
      for (const { what, value } of wrong) {
        const metadata = { ...object.metadata, name: 'wrong' };
        const outcome = await client.create(type, { ...object, metadata, spec: value }, { dryRun: true }).then(
          () => 'accepted',
          (error: { status: number }) => error.status,
        );
        if (outcome !== 422 && outcome !== 400) {
          accepted.push(`${what}: ${outcome}`);
        }
      }
      expect(accepted).toEqual([]);
    });

    it('fills defaults', async () => {
      const { cronJob, ...rest } = existingSchedule(namespace, 'defaults').spec;
      const created = await client.create(resourceTypes.scheduledBackups, {
        ...existingSchedule(namespace, 'defaults'),
        spec: { ...rest, cronJob: { enabled: cronJob.enabled } },
      });
      expect(created.spec.cronJob).toEqual({ enabled: true, scheduleEvery: '00 02 * * *' });
      const plain = await client.create(resourceTypes.requestedBackupActions, action(namespace, 'defaults'));
      expect(plain.spec.kindType).toBe('Job');
    });

    it('prints the schedule, which older definitions left empty', async () => {
      const path = `/apis/riotkit.org/v1alpha1/namespaces/${namespace}/scheduledbackups/complete`;
      const table = request(`${server.url}${path}`, {
        ca: server.caCertificate,
        headers: {
          authorization: `Bearer ${server.adminToken}`,
          accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
        },
      }).end();
      const [response] = await once(table, 'response');
      const { columnDefinitions, rows } = (await json(response)) as Table;
      const at = columnDefinitions.findIndex(({ name }) => name === 'Schedule');
      expect(rows[0]?.cells[at]).toBe('0 3 * * *');
    });
  },
);
