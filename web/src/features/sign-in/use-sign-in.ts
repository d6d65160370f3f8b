import { sessionRoutes } from '@backstay/shared';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { call } from '../../lib/api.ts';
import { sessionKey } from '../../lib/queries/cluster.ts';
import { takeWanted } from '../../lib/sign-in-code.ts';

/** Exchanges a one-time code, or a token of the cluster, for a session and goes where the person wanted. */
export function useSignIn() {
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: (code: string) => call(sessionRoutes.signIn, { body: { code } }),
    onSuccess: (session) => {
      // What another person saw goes; the session itself is being watched by the page.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
      client.setQueryData(sessionKey, session);
      router.history.replace(takeWanted());
    },
  });
}
