import type { KubeObject } from '@backstay/shared';
import { arrayAt, at, ensureObject, isObject, type JsonObject, objectAt, sameJson, stringAt } from '../json.ts';
import { type Cause, invalidValue, requiredValue, unsupportedValue } from '../registry/api-error.ts';
import { age, containerColumns, humanDuration, selectorText } from './columns.ts';
import type { Column, Strategy } from './kind.ts';
import { validateLabels } from './metadata-rules.ts';
import { defaultPodSpec, validatePodSpec } from './pod-spec.ts';

export const defaultTemplate = (spec: JsonObject): void => {
  const template = ensureObject(spec, 'template');
  ensureObject(template, 'metadata');
  defaultPodSpec(ensureObject(template, 'spec'));
};

/** Fills a Job's spec, alone or in a CronJob. */
export function defaultJobSpec(spec: JsonObject): void {
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1;
  spec['parallelism'] ??= 1;
  const perIndex = spec['backoffLimitPerIndex'] !== undefined;
  spec['backoffLimit'] ??= perIndex ? 2_147_483_647 : 6;
  spec['completionMode'] ??= 'NonIndexed';
  spec['suspend'] ??= false;
  spec['podReplacementPolicy'] ??= spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed';
  defaultTemplate(spec);
}

export const jobStrategy: Strategy = {
  generation: true,
  defaults: (object) => defaultJobSpec(ensureObject(object, 'spec')),
  defaultPropagation: 'Background',
  prepareCreate(job) {
    const spec = ensureObject(job, 'spec');
    job['status'] = {};
    if (spec['manualSelector'] === true) return;
    spec['manualSelector'] = false;
    const uid = job.metadata.uid ?? '';
    const labels = ensureObject(ensureObject(ensureObject(spec, 'template'), 'metadata'), 'labels');
    labels['batch.kubernetes.io/controller-uid'] = uid;
    labels['batch.kubernetes.io/job-name'] = job.metadata.name;
    labels['controller-uid'] = uid;
    labels['job-name'] = job.metadata.name;
    const selector = ensureObject(spec, 'selector');
    ensureObject(selector, 'matchLabels')['batch.kubernetes.io/controller-uid'] = uid;
  },
  validateName: (name) => (name.length > 63 ? 'must be no more than 63 characters' : undefined),
  validate(job, old) {
    const spec = objectAt(job, 'spec') ?? {};
    const causes = validateJobSpec(spec, 'spec');
    return old ? [...causes, ...validateJobUpdate(spec, objectAt(old, 'spec') ?? {})] : causes;
  },
};

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'backoffLimitPerIndex',
  'ttlSecondsAfterFinished',
];

export function validateJobSpec(spec: JsonObject, field: string): Cause[] {
  const template = objectAt(spec, 'template') ?? {};
  const causes = counts
    .filter((name) => typeof spec[name] === 'number' && spec[name] < 0)
    .map((name) => invalidValue(`${field}.${name}`, spec[name], 'must be greater than or equal to 0'));
  if (!['NonIndexed', 'Indexed'].includes(String(spec['completionMode']))) {
    causes.push(unsupportedValue(`${field}.completionMode`, spec['completionMode'], ['NonIndexed', 'Indexed']));
  }
  if (spec['completionMode'] === 'Indexed' && spec['completions'] === undefined) {
    causes.push(requiredValue(`${field}.completions`, 'when completion mode is Indexed'));
  }
  causes.push(...validateLabels(`${field}.template.labels`, at(template, 'metadata', 'labels')));
  causes.push(...validatePodSpec(objectAt(template, 'spec') ?? {}, `${field}.template.spec`));
  const policy = stringAt(template, 'spec', 'restartPolicy');
  if (policy !== 'OnFailure' && policy !== 'Never') {
    causes.push(
      policy === 'Always'
        ? { ...unsupportedValue(`${field}.template.spec.restartPolicy`, policy, ['Never', 'OnFailure']) }
        : requiredValue(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'),
    );
  }
  return causes;
}

const podTemplateImmutable = 'field is immutable';

function validateJobUpdate(spec: JsonObject, old: JsonObject): Cause[] {
  const causes: Cause[] = [];
  const fixed = ['selector', 'completionMode', 'backoffLimitPerIndex', 'podFailurePolicy', 'managedBy'];
  if (spec['completionMode'] !== 'Indexed') fixed.unshift('completions');
  for (const name of fixed) {
    if (!sameJson(spec[name], old[name])) causes.push(invalidValue(`spec.${name}`, spec[name], podTemplateImmutable));
  }
  if (!sameJson(mutableTemplate(spec, old), objectAt(old, 'template'))) {
    causes.push(invalidValue('spec.template', spec['template'], podTemplateImmutable));
  }
  return causes;
}

/** A suspended Job may still change where and how its Pods run. */
function mutableTemplate(spec: JsonObject, old: JsonObject): unknown {
  const template = objectAt(spec, 'template');
  if (old['suspend'] !== true || !template) return template;
  const pod = objectAt(template, 'spec') ?? {};
  const before = objectAt(old, 'template', 'spec') ?? {};
  const kept = Object.fromEntries(
    ['nodeSelector', 'tolerations', 'affinity', 'schedulingGates'].map((name) => [name, before[name]]),
  );
  return { ...template, metadata: at(old, 'template', 'metadata'), spec: { ...pod, ...kept } };
}

const condition = (job: KubeObject, type: string) =>
  arrayAt(job, 'status', 'conditions')
    .filter(isObject)
    .find((item) => item['type'] === type && item['status'] === 'True');

function jobState(job: KubeObject): string {
  if (condition(job, 'Complete')) return 'Complete';
  if (condition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  if (condition(job, 'Suspended')) return 'Suspended';
  if (condition(job, 'FailureTarget')) return 'FailureTarget';
  return condition(job, 'SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function completions(job: KubeObject): string {
  const done = at(job, 'status', 'succeeded') ?? 0;
  const wanted = at(job, 'spec', 'completions');
  if (wanted !== undefined) return `${done}/${wanted}`;
  const parallel = Number(at(job, 'spec', 'parallelism') ?? 0);
  return parallel > 1 ? `${done}/1 of ${parallel}` : `${done}/1`;
}

function duration(job: KubeObject, now: number): string {
  const start = stringAt(job, 'status', 'startTime');
  if (!start) return '';
  const failed = condition(job, 'Failed');
  const end =
    stringAt(job, 'status', 'completionTime') ?? (failed ? stringAt(failed, 'lastTransitionTime') : undefined);
  return humanDuration(((end ? Date.parse(end) : now) - Date.parse(start)) / 1000);
}

export const jobColumns: Column[] = [
  { name: 'Status', type: 'string', cell: jobState },
  { name: 'Completions', type: 'string', cell: completions },
  { name: 'Duration', type: 'string', cell: duration },
  age,
  ...containerColumns('spec', 'template', 'spec'),
  { name: 'Selector', type: 'string', priority: 1, cell: (job) => selectorText(at(job, 'spec', 'selector')) },
];
