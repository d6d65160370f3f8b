import { type KubeObject, parseCron } from '@backstay/shared';
import { arrayAt, at, ensureObject, objectAt, stringAt } from '../json.ts';
import { type Cause, invalidValue, requiredValue, unsupportedValue } from '../registry/api-error.ts';
import { age, containerColumns, selectorText, since } from './columns.ts';
import { defaultJobSpec, validateJobSpec } from './jobs.ts';
import type { Column, Strategy } from './kind.ts';
import { dnsSubdomain } from './names.ts';

const policies = ['Allow', 'Forbid', 'Replace'];

export const cronJobStrategy: Strategy = {
  generation: true,
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    spec['concurrencyPolicy'] ??= 'Allow';
    spec['suspend'] ??= false;
    spec['successfulJobsHistoryLimit'] ??= 3;
    spec['failedJobsHistoryLimit'] ??= 1;
    const template = ensureObject(spec, 'jobTemplate');
    ensureObject(template, 'metadata');
    defaultJobSpec(ensureObject(template, 'spec'));
  },
  prepareCreate(object) {
    object['status'] = {};
  },
  validateName: (name) => dnsSubdomain(name) ?? (name.length > 52 ? 'must be no more than 52 characters' : undefined),
  validate(object, old) {
    const spec = objectAt(object, 'spec') ?? {};
    return [
      ...validateSchedule(object, old),
      ...(policies.includes(String(spec['concurrencyPolicy']))
        ? []
        : [unsupportedValue('spec.concurrencyPolicy', spec['concurrencyPolicy'], policies)]),
      ...['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit']
        .filter((name) => typeof spec[name] === 'number' && spec[name] < 0)
        .map((name) => invalidValue(`spec.${name}`, spec[name], 'must be greater than or equal to 0')),
      ...validateJobSpec(objectAt(spec, 'jobTemplate', 'spec') ?? {}, 'spec.jobTemplate.spec'),
    ];
  },
};

function validateSchedule(object: KubeObject, old: KubeObject | undefined): Cause[] {
  const schedule = stringAt(object, 'spec', 'schedule') ?? '';
  const zone = at(object, 'spec', 'timeZone');
  const causes: Cause[] = [];
  if (schedule === '') causes.push(requiredValue('spec.schedule'));
  else if (schedule !== stringAt(old, 'spec', 'schedule')) {
    const read = parseCron(schedule);
    if (!read.ok) causes.push(invalidValue('spec.schedule', schedule, read.message));
  }
  if (zone === '') causes.push(invalidValue('spec.timeZone', zone, 'timeZone must be nil or non-empty string'));
  else if (typeof zone === 'string' && !parseCron('@hourly', { timeZone: zone }).ok) {
    causes.push(invalidValue('spec.timeZone', zone, `unknown time zone ${zone}`));
  }
  return causes;
}

export const cronJobColumns: Column[] = [
  { name: 'Schedule', type: 'string', cell: (object) => stringAt(object, 'spec', 'schedule') },
  { name: 'Timezone', type: 'string', cell: (object) => stringAt(object, 'spec', 'timeZone') ?? '<none>' },
  {
    name: 'Suspend',
    type: 'string',
    cell: (object) => (at(object, 'spec', 'suspend') === true ? 'True' : 'False'),
  },
  { name: 'Active', type: 'integer', cell: (object) => arrayAt(object, 'status', 'active').length },
  {
    name: 'Last Schedule',
    type: 'string',
    cell: (object, now) => {
      const last = stringAt(object, 'status', 'lastScheduleTime');
      return last ? since(last, now) : '<none>';
    },
  },
  age,
  ...containerColumns('spec', 'jobTemplate', 'spec', 'template', 'spec'),
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    cell: (object) => selectorText(at(object, 'spec', 'jobTemplate', 'spec', 'selector')),
  },
];
