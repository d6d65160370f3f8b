import type { KubeClient } from '@backstay/kubernetes';
import { z } from 'zod';
import type { Identity } from './identity.ts';
import type { SignInCodes } from './sign-in-codes.ts';

/**
 * How a person proves who they are. `redeem` resolves to undefined for a proof that is wrong, used or too old, and never
 * to an identity without a name. `keepsToken` says whether the session has to keep the person's token; otherwise
 * `restore` finds it again, and resolves to undefined once that person may no longer sign in.
 */
export interface SignIn {
  readonly keepsToken: boolean;
  redeem(proof: string): Promise<Identity | undefined>;
  restore(person: { name: string; groups: readonly string[] }): Identity | undefined;
}

/** The one person of a machine of their own: whoever holds a link that the process printed. */
export function localSignIn(codes: SignInCodes, user: Identity): SignIn {
  return {
    keepsToken: false,
    redeem: async (code) => ((await codes.redeem(code)) ? user : undefined),
    restore: (person) => (person.name === user.name ? user : undefined),
  };
}

const reviewSchema = z.object({
  status: z.object({
    userInfo: z.object({ username: z.string().min(1), groups: z.array(z.string()).optional() }),
  }),
});

const reviewType = {
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
} as const;

const anonymous = 'system:anonymous';

/** A bearer token of the cluster: the API server says whose it is. */
export function kubernetesSignIn(client: KubeClient): SignIn {
  return {
    keepsToken: true,
    redeem: async (token) => {
      const identity = await whoIs(client.withToken(token));
      return identity && { ...identity, token };
    },
    restore: () => undefined,
  };
}

async function whoIs(client: KubeClient): Promise<Omit<Identity, 'token'> | undefined> {
  const review = { apiVersion: reviewType.apiVersion, kind: reviewType.kind, metadata: { name: '' } };
  const answer = await client.create(reviewType, review).catch((error: unknown) => {
    if (error instanceof Error && 'status' in error && error.status === 401) return undefined;
    throw error;
  });
  const parsed = reviewSchema.safeParse(answer);
  if (!parsed.success || parsed.data.status.userInfo.username === anonymous) return undefined;
  return { name: parsed.data.status.userInfo.username, groups: parsed.data.status.userInfo.groups ?? [] };
}
