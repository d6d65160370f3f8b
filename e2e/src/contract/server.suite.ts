import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import { batch, configMap, core, unique } from './fixtures.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';

export function serverSuite(api: () => Api): void {
  describe('server', () => {
    it('answers health and version', async () => {
      for (const path of ['/healthz', '/livez', '/readyz']) {
        const reply = await api().get(path);
        expect([reply.status, reply.text]).toEqual([200, 'ok']);
      }
      const { body } = await api().get('/version');
      expect(body).toMatchObject({ major: '1', minor: '35' });
      expect(body.gitVersion).toMatch(/^v1\.35\./);
    });

    it('lists groups, versions and resources', async () => {
      expect((await api().get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
      const groups = await api().get('/apis');
      expect(groups.body.kind).toBe('APIGroupList');
      const names = groups.body.groups.map(({ name }: { name: string }) => name);
      expect(names).toEqual(
        expect.arrayContaining(['apps', 'batch', 'coordination.k8s.io', 'rbac.authorization.k8s.io']),
      );
      const jobs = (await api().get('/apis/batch/v1')).body.resources.find(
        ({ name }: { name: string }) => name === 'jobs',
      );
      expect(jobs).toMatchObject({
        singularName: 'job',
        namespaced: true,
        kind: 'Job',
        categories: ['all'],
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      });
      const pods = (await api().get('/api/v1')).body.resources.find(({ name }: { name: string }) => name === 'pods');
      expect(pods).toMatchObject({ shortNames: ['po'], kind: 'Pod' });
      expect((await api().get('/apis/batch')).body).toMatchObject({
        kind: 'APIGroup',
        name: 'batch',
        preferredVersion: { groupVersion: 'batch/v1', version: 'v1' },
      });
      expect((await api().get('/apis/nothing.example.com/v1')).status).toBe(404);
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
      const aggregated = await api().get('/apis', { accept });
      expect(aggregated.headers['content-type']).toContain('as=APIGroupDiscoveryList');
      const batchGroup = aggregated.body.items.find(
        ({ metadata }: { metadata: { name: string } }) => metadata.name === 'batch',
      );
      expect(batchGroup.versions[0].resources.map(({ resource }: { resource: string }) => resource).sort()).toEqual([
        'cronjobs',
        'jobs',
      ]);
    });

    it('answers what is not there, and methods that are not allowed', async () => {
      const missing = await api().get('/apis/batch/v1/namespaces/default/nothing');
      expect(missing.status).toBe(404);
      expect((await api().call('PUT', `${core}/configmaps`, { body: configMap('x') })).status).toBe(405);
      expect((await api().post(`${core}/configmaps/x`, configMap('x'))).status).toBe(405);
    });

    it('refuses those whom it does not know', async () => {
      const reply = await api().get(`${core}/secrets`, { token: 'wrong' });
      expect(reply.status).toBe(401);
      expect(reply.body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized', code: 401 });
    });

    it('lets nobody do what no role grants, in the words of Kubernetes', async () => {
      const as = { 'impersonate-user': 'bob' };
      const reply = await api().get(`${core}/secrets/x`, { headers: as });
      expect(reply.status).toBe(403);
      expect(reply.body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message:
          'secrets "x" is forbidden: User "bob" cannot get resource "secrets" in API group "" in the namespace "default"',
        reason: 'Forbidden',
        details: { name: 'x', kind: 'secrets' },
        code: 403,
      });
      const cluster = await api().get('/apis/batch/v1/jobs', { headers: as });
      expect(cluster.body.message).toBe(
        'jobs.batch is forbidden: User "bob" cannot list resource "jobs" in API group "batch" at the cluster scope',
      );
      const path = await api().get('/metrics', { headers: as });
      expect(path.body.message).toBe('forbidden: User "bob" cannot get path "/metrics"');
    });

    it('grants by roles, bindings, and resource names', async () => {
      const user = unique('user');
      const as = { headers: { 'impersonate-user': user } };
      const apiVersion = 'rbac.authorization.k8s.io/v1';
      const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['mine'], verbs: ['get'] }];
      await api().post(`${rbac}/namespaces/default/roles`, {
        apiVersion,
        kind: 'Role',
        metadata: { name: user },
        rules,
      });
      const binding = (kind: string, name: string) => ({
        apiVersion,
        kind: 'RoleBinding',
        metadata: { name: `${user}-${name}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
        subjects: [{ kind: 'User', name: user }],
      });
      const bound = await api().post(`${rbac}/namespaces/default/rolebindings`, binding('Role', user));
      expect(bound.body.subjects).toEqual([{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }]);
      const until = async (path: string, status: number) => {
        const deadline = Date.now() + 10_000;
        for (;;) {
          const reply = await api().get(path, as);
          if (reply.status === status || Date.now() > deadline) return reply.status;
        }
      };
      expect(await until(`${core}/secrets/mine`, 404)).toBe(404);
      expect(await until(`${core}/secrets/other`, 403)).toBe(403);
      expect(await until(`${batch}/jobs`, 403)).toBe(403);
      await api().post(`${rbac}/namespaces/default/rolebindings`, binding('ClusterRole', 'system:aggregate-to-view'));
      expect(await until(`${batch}/jobs`, 200)).toBe(200);
      expect(await until(`${core}/secrets`, 403)).toBe(403);
      expect(await until('/api/v1/namespaces/kube-system/configmaps', 403)).toBe(403);
    });

    it('lets nobody grant what they do not hold', async () => {
      const user = unique('user');
      const as = { headers: { 'impersonate-user': user } };
      const apiVersion = 'rbac.authorization.k8s.io/v1';
      const roles = `${rbac}/namespaces/default/roles`;
      const role = (name: string, rules: object[]) => ({ apiVersion, kind: 'Role', metadata: { name }, rules });
      const mine = [
        {
          apiGroups: ['rbac.authorization.k8s.io'],
          resources: ['roles', 'rolebindings'],
          verbs: ['create', 'get', 'list'],
        },
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      ];
      await api().post(roles, role(user, mine));
      const binding = (name: string, roleName: string) => ({
        apiVersion,
        kind: 'RoleBinding',
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
        subjects: [{ kind: 'User', name: user }],
      });
      await api().post(`${rbac}/namespaces/default/rolebindings`, {
        ...binding(user, ''),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
      });
      const deadline = Date.now() + 10_000;
      while ((await api().get(roles, as)).status !== 200 && Date.now() < deadline);
      const pods = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
      expect((await api().post(roles, role(unique('ok'), pods), as)).status).toBe(201);
      const secrets = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
      const refused = await api().post(roles, role(unique('no'), secrets), as);
      expect(refused.status).toBe(403);
      expect(refused.body.message).toContain('is attempting to grant RBAC permissions not currently held');
      const bound = await api().post(
        `${rbac}/namespaces/default/rolebindings`,
        binding(unique('no'), 'cluster-admin'),
        as,
      );
      expect(bound.status).toBe(403);
    });

    it('reviews access', async () => {
      const authorization = '/apis/authorization.k8s.io/v1';
      const attributes = { verb: 'get', resource: 'secrets', namespace: 'default' };
      const self = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: attributes },
      };
      const mine = await api().post(`${authorization}/selfsubjectaccessreviews`, self);
      expect(mine.status).toBe(201);
      expect(mine.body.status.allowed).toBe(true);
      const bobs = await api().post(`${authorization}/selfsubjectaccessreviews`, self, {
        headers: { 'impersonate-user': 'bob' },
      });
      expect(bobs.body.status.allowed).toBe(false);
      const other = await api().post(`${authorization}/subjectaccessreviews`, {
        ...self,
        kind: 'SubjectAccessReview',
        spec: { user: 'x', groups: ['system:masters'], resourceAttributes: attributes },
      });
      expect(other.body.status.allowed).toBe(true);
      const rules = await api().post(`${authorization}/selfsubjectrulesreviews`, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectRulesReview',
        spec: { namespace: 'default' },
      });
      expect(rules.body.status.resourceRules).toContainEqual({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] });
      const whoami = await api().post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
      });
      expect(whoami.body.status.userInfo.groups).toContain('system:masters');
    });

    it('issues tokens for service accounts and reviews them', async () => {
      const name = unique('sa');
      await api().post(`${core}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
      const request = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600 },
      };
      const issued = await api().post(`${core}/serviceaccounts/${name}/token`, request);
      expect(issued.status, issued.text).toBe(201);
      const { token } = issued.body.status;
      const review = await api().post('/apis/authentication.k8s.io/v1/tokenreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token },
      });
      expect(review.body.status).toMatchObject({
        authenticated: true,
        user: {
          username: `system:serviceaccount:default:${name}`,
          groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
        },
      });
      const refused = await api().get(`${core}/secrets`, { token });
      expect(refused.status).toBe(403);
      expect((await api().get(`${core}/secrets`, { token: `${token.slice(0, -6)}AAAAAA` })).status).toBe(401);
      const short = { ...request, spec: { expirationSeconds: 5 } };
      expect((await api().post(`${core}/serviceaccounts/default/token`, short)).status).not.toBe(201);
    });
  });
}
