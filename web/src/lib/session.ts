import type { Session } from '@backstay/shared';
import { useSuspenseQuery } from '@tanstack/react-query';
import { sessionQuery } from './queries/cluster.ts';

/** The session of the signed-in person. Only for pages inside the shell, which shows them once it has one. */
export const useSession = (): Session => useSuspenseQuery(sessionQuery()).data;
