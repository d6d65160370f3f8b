import type { Attributes } from '../auth/attributes.ts';
import type { Rbac } from '../auth/rbac.ts';
import { issuer } from '../auth/service-account-tokens.ts';
import type { TokenReader } from '../auth/tokens.ts';
import type { User } from '../auth/user.ts';
import { arrayAt, isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { badRequest, invalid, invalidValue } from '../registry/api-error.ts';
import { objectBody, readBody } from './body.ts';
import type { Exchange } from './exchange.ts';
import { sendJson } from './respond.ts';
import { type ReviewKind, reviewKinds } from './review-kinds.ts';

interface ReviewContext {
  rbac: Rbac;
  tokens: readonly TokenReader[];
}

export const reviewOf = (group: string, version: string, plural: string): ReviewKind | undefined =>
  reviewKinds.find((review) => review.group === group && review.version === version && review.plural === plural);

/** Answers who a token is, or who may do what. */
export async function handleReview(exchange: Exchange, review: ReviewKind, context: ReviewContext): Promise<void> {
  const body = objectBody(await readBody(exchange.request));
  const spec = objectAt(body, 'spec') ?? {};
  const status = answers[review.kind]?.({ exchange, spec, context, review });
  sendJson(exchange, 201, {
    kind: review.kind,
    apiVersion: `${review.group}/${review.version}`,
    metadata: { creationTimestamp: null, ...objectAt(body, 'metadata') },
    ...(review.kind === 'SelfSubjectReview' ? {} : { spec }),
    status,
  });
}

interface Question {
  exchange: Exchange;
  spec: JsonObject;
  context: ReviewContext;
  review: ReviewKind;
}

const userInfo = ({ name, uid, groups }: User) => ({ username: name, ...(uid ? { uid } : {}), groups });

const answers: Record<string, (question: Question) => unknown> = {
  SelfSubjectReview: ({ exchange }) => ({ userInfo: userInfo(exchange.user) }),
  TokenReview: ({ spec, context }) => {
    const token = stringAt(spec, 'token') ?? '';
    const found = context.tokens.map((reader) => reader.read(token)).find(Boolean);
    if (!found) return { user: {}, error: 'invalid bearer token' };
    return { authenticated: true, user: userInfo(found), audiences: [issuer] };
  },
  SelfSubjectAccessReview: ({ exchange, spec, context }) => decision(context, exchange.user, spec),
  SubjectAccessReview: (question) => subjectDecision(question),
  LocalSubjectAccessReview: (question) => {
    const namespace = question.exchange.info.namespace;
    if (stringAt(question.spec, 'resourceAttributes', 'namespace') !== namespace) {
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    }
    return subjectDecision(question);
  },
  SelfSubjectRulesReview: ({ exchange, spec, context }) => {
    const namespace = stringAt(spec, 'namespace');
    if (!namespace) throw badRequest('no namespace on request');
    const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] };
    const rules = exchange.user.groups.includes('system:masters')
      ? [all, { ...all, apiGroups: [], resources: [], nonResourceURLs: ['*'] }]
      : context.rbac.rulesFor(exchange.user, namespace);
    return {
      incomplete: false,
      nonResourceRules: rules
        .filter((rule) => rule.nonResourceURLs.length > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      resourceRules: rules
        .filter((rule) => rule.resources.length > 0)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames.length > 0 ? { resourceNames } : {}),
        })),
    };
  },
};

function subjectDecision({ spec, context, review }: Question) {
  const name = stringAt(spec, 'user') ?? '';
  const groups = arrayAt(spec, 'groups').map(String);
  if (name === '' && groups.length === 0) {
    throw invalid(review, '', [invalidValue('spec.user', '', 'at least one of user or group must be specified')]);
  }
  return decision(context, { name, groups }, spec);
}

function decision({ rbac }: ReviewContext, user: User, spec: JsonObject) {
  const attributes = attributesFrom(user, spec);
  if (!attributes) {
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  return { allowed: rbac.allows(attributes) };
}

function attributesFrom(user: User, spec: JsonObject): Attributes | undefined {
  const text = (from: JsonObject, member: string) => stringAt(from, member) ?? '';
  const resource = objectAt(spec, 'resourceAttributes');
  const other = objectAt(spec, 'nonResourceAttributes');
  if (isObject(resource) === isObject(other)) return undefined;
  if (other) return { user, verb: text(other, 'verb'), path: text(other, 'path') };
  if (!resource) return undefined;
  return {
    user,
    verb: text(resource, 'verb'),
    group: text(resource, 'group'),
    resource: text(resource, 'resource'),
    subresource: text(resource, 'subresource'),
    namespace: text(resource, 'namespace'),
    name: text(resource, 'name'),
  };
}
