import {
  type BuiltInProcedure,
  type Job,
  labels,
  type Operation,
  parameterVariable,
  type Secret,
} from '@backstay/shared';

export interface CheckRequest {
  name: string;
  namespace: string;
  procedure: BuiltInProcedure;
  operation: Operation;
  parameters: Readonly<Record<string, string>>;
}

export const checkTimeoutSeconds = 30;
const keptSeconds = 60;

/**
 * A short-lived Job that runs the check script of a procedure. Values stand in the Secret only; the Secret is owned by the
 * Job (`owner`), so that whatever removes the Job removes it too.
 */
export function checkJob(request: CheckRequest): Job {
  const metadata = { name: request.name, namespace: request.namespace, labels: checkLabels };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: checkTimeoutSeconds,
      ttlSecondsAfterFinished: keptSeconds,
      template: {
        metadata: { labels: checkLabels },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'check',
              image: request.procedure.image,
              command: ['/bin/bash', '-c', request.procedure.check],
              envFrom: [{ secretRef: { name: request.name } }],
            },
          ],
        },
      },
    },
  };
}

export function checkSecret(request: CheckRequest, owner: Job): Secret {
  const { uid = '' } = owner.metadata;
  const values = request.procedure.parameters.map(({ name, default: preset }): [string, string] => [
    parameterVariable(name),
    request.parameters[name] ?? preset ?? '',
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: request.name,
      namespace: request.namespace,
      labels: checkLabels,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: owner.metadata.name, uid }],
    },
    type: 'Opaque',
    stringData: { ...Object.fromEntries(values), BM_OPERATION: request.operation },
  };
}

const checkLabels = { [labels.check]: 'true', [labels.console]: 'true' };
