export interface ReviewKind {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

const authorization = { group: 'authorization.k8s.io', version: 'v1' };
const authentication = { group: 'authentication.k8s.io', version: 'v1' };

/** Kinds that answer a question and are never stored. */
export const reviewKinds: readonly ReviewKind[] = [
  { ...authentication, plural: 'tokenreviews', kind: 'TokenReview', namespaced: false },
  { ...authentication, plural: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false },
  { ...authorization, plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', namespaced: false },
  { ...authorization, plural: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false },
  { ...authorization, plural: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true },
  { ...authorization, plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', namespaced: false },
];
