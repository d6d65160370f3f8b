import { KubeError } from '../kube-client.ts';

type Causes = { field?: string; message?: string; reason?: string }[];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const causesOf = (details: unknown): Causes => {
  const list = isRecord(details) ? details['causes'] : undefined;
  return (Array.isArray(list) ? list : [])
    .filter(isRecord)
    .map((cause) => ({ field: text(cause['field']), message: text(cause['message']), reason: text(cause['reason']) }));
};

/** A metav1.Status as it comes in an answer or in an ERROR line of a watch. */
export const errorFromStatus = (status: unknown, httpStatus: number): KubeError => {
  if (!isRecord(status) || status['kind'] !== 'Status') {
    return new KubeError(httpStatus, `The API server answered ${httpStatus}.`);
  }
  const code = typeof status['code'] === 'number' ? status['code'] : httpStatus;
  return new KubeError(code, text(status['message']) ?? `The API server answered ${code}.`, {
    reason: text(status['reason']),
    causes: causesOf(status['details']),
  });
};

/** An answer with a status of 400 or more. What is not JSON is quoted, shortened. */
export const errorFromBody = (body: string, httpStatus: number): KubeError => {
  try {
    return errorFromStatus(JSON.parse(body), httpStatus);
  } catch {
    const excerpt = body.trim().slice(0, 200);
    return new KubeError(httpStatus, excerpt === '' ? `The API server answered ${httpStatus}.` : excerpt);
  }
};

const codeOf = (error: unknown): string => (isRecord(error) ? (text(error['code']) ?? '') : '');

/** A request that got no answer, or lost it half-way. */
export const unreachable = (error: unknown, server: string): KubeError => {
  if (error instanceof KubeError) {
    return error;
  }
  const why = error instanceof Error ? error.message || codeOf(error) : String(error);
  return new KubeError(0, `The Kubernetes API at ${server} cannot be reached: ${why}`, {
    reason: 'Unreachable',
    cause: error,
  });
};
