import { KubeError } from '@backstay/kubernetes';
import { procedureRoutes, resourceTypes } from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerChecks } from '../../testing/check-answers.ts';
import { eventually } from '../../testing/eventually.ts';
import { Harness, personToken } from '../../testing/harness.ts';
import { parseCheckOutput } from './check-runner.ts';
import { templateParameters } from './procedure-catalog.ts';

let harness: Harness;
let checks: ReturnType<typeof answerChecks>;
beforeEach(async () => {
  harness = await Harness.start();
  checks = answerChecks(harness.cluster);
  await harness.signIn();
});
afterEach(async () => {
  checks.stop();
  await harness[Symbol.asyncDispose]();
});

const parameters = { hostname: 'db', port: '5432', db: 'orders', user: 'u', password: 'canary-password' };
const check = (more: object = {}) =>
  harness.call('POST', '/api/procedures/check', {
    ...{ namespace: 'shop', kind: 'internal', name: 'postgresql', operation: 'backup', parameters },
    ...more,
  });
const left = () => [...harness.cluster.all(resourceTypes.jobs), ...harness.cluster.all(resourceTypes.secrets)];

describe('checkProcedure', () => {
  it('hands values over in a Secret only, and leaves nothing behind', async () => {
    checks.say('noise\nhostname\tNo such host: db. Check the name.\nport\t\n');
    const reply = await check();
    expect(reply.body).toEqual({
      problems: [
        { field: 'parameters.hostname', message: 'No such host: db. Check the name.' },
        { field: 'parameters.port', message: '' },
      ],
    });
    expect(checks.seen).toMatchObject([{ BM_PARAM_HOSTNAME: 'db', BM_PARAM_PASSWORD: 'canary-password' }]);
    expect(left()).toEqual([]);
  });

  it('says so when the check breaks off, and leaves nothing behind', async () => {
    checks.say('bash: psql: not found', 127);
    expect((await check()).body).toEqual({
      problems: [{ field: '', message: 'The check broke off: bash: psql: not found' }],
    });
    harness.cluster.faults.push({ verb: 'create', plural: 'secrets', error: new KubeError(500, 'full') });
    expect((await check()).status).toBe(502);
    expect(left()).toEqual([]);
  });

  it('finds missing values without running anything', async () => {
    const reply = await check({ parameters: { ...parameters, user: '', port: 'many' } });
    expect(procedureRoutes.checkProcedure.reply?.parse(reply.body).problems.map((problem) => problem.field)).toEqual(
      expect.arrayContaining(['parameters.user', 'parameters.port']),
    );
    expect(checks.seen).toEqual([]);
    expect((await check({ name: 'punch-cards' })).status).toBe(404);
  });

  it('is refused where the person may not make Jobs', async () => {
    harness.cluster.people.set(personToken, { may: ({ resource }) => resource !== 'jobs' });
    expect((await check()).status).toBe(403);
  });
});

describe('procedures', () => {
  it('are the built-in ones and those of the cluster', async () => {
    harness.cluster.put(resourceTypes.clusterBackupProcedureTemplates, {
      ...{ apiVersion: 'riotkit.org/v1alpha1', kind: 'ClusterBackupProcedureTemplate', metadata: { name: 'keydb' } },
      spec: { image: 'redis', backup: 'redis-cli -h {{ .Params.host }}', restore: 'x {{ .Params.adminPassword }}' },
    });
    await eventually(async () => {
      const reply = procedureRoutes.listProcedures.reply?.parse((await harness.call('GET', '/api/procedures')).body);
      expect(reply?.items.map((item) => item.name)).toEqual(['files', 'postgresql', 'mysql', 'redis', 'keydb']);
      expect(reply?.items.at(-1)?.parameters).toMatchObject([
        { name: 'host', type: 'text' },
        { name: 'adminPassword', type: 'password' },
      ]);
    });
  });

  it('name their parameters in order, once', () => {
    const text = '{{ .Params.b }}{{ if .Params.a }}{{ .Params.b }}{{ index .Params "c-d" }}{{ .Paramsx.y }}';
    expect(templateParameters(text).map((parameter) => parameter.name)).toEqual(['b', 'a', 'c-d']);
  });

  it('report problems line by line', () => {
    expect(parseCheckOutput('a\tb\tc\n\tall of it\nfoo bar\tnot one\n')).toEqual([
      { field: 'parameters.a', message: 'b\tc' },
      { field: '', message: 'all of it' },
    ]);
  });
});
