/** HTTP status of a KubeError, wherever its class comes from. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;

export const isNotFound = (error: unknown): boolean => statusOf(error) === 404;
export const isConflict = (error: unknown): boolean => statusOf(error) === 409;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
