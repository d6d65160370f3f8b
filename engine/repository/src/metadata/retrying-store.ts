import { type RetryPolicy, withRetries } from '../blobs/retries.ts';

/** PostgreSQL: a transaction that lost against another one, a server that ends, starts or has no connection to spare. */
const passingStates = /^(40001|40P01|55P03|57P0[123]|53300|08...)$/;
const passingCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN']);
const passingMessages =
  /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect|Client was closed/;

/** Whether a database error passes by itself within moments. */
export const isPassing = (error: unknown): boolean => {
  if (!(error instanceof Error)) {
    return false;
  }
  if (error instanceof AggregateError) {
    return error.errors.some(isPassing);
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return passingStates.test(code) || passingCodes.has(code) || passingMessages.test(error.message);
};

type Methods = Record<string, (...args: never[]) => Promise<unknown>>;

/** The same store, whose methods are repeated after errors that pass. All of them must be repeatable. */
export const retryingStore = <T extends object>(store: T, policy: RetryPolicy): T => {
  const methods = Object.entries(store as Methods).map(([name, method]) => [
    name,
    (...args: never[]) => withRetries(policy, isPassing, () => method(...args)),
  ]);
  return Object.fromEntries(methods) as T;
};
