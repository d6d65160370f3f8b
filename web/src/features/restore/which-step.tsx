import { Form } from '@patternfly/react-core';
import { formatBytes, relativeTime } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import { SelectField } from '../../ui/form/select-field.tsx';
import { ScheduleStateLabel } from '../../ui/state-label.tsx';
import { keyOf, useRestore } from './restore-state.ts';

export function WhichStep() {
  const { values, patch, schedules, schedule, problems, setProblems } = useRestore();
  const now = useNow();
  const choices = schedules.map((each) => ({
    value: keyOf(each),
    label: each.name,
    description: `${each.procedure.title} in ${each.namespace}; ${
      each.newestVersion === undefined
        ? 'no backup'
        : `newest backup ${relativeTime(each.newestVersion.createdAt, now)}`
    }`,
  }));
  const choose = (key: string) => {
    setProblems([]);
    patch({ schedule: key, version: undefined, parameters: {}, confirmation: '' });
  };
  return (
    <Form className="bs-wizard-form" onSubmit={(event) => event.preventDefault()}>
      <SelectField
        name="which"
        label="What do you want back?"
        value={values.schedule}
        choices={choices}
        onChange={choose}
        problem={problems.find(({ field }) => field === 'which')?.message}
        help="Find it by the name of its schedule."
        required
      />
      {schedule === undefined ? null : (
        <div className="bs-note">
          <ScheduleStateLabel state={schedule.state} reasons={schedule.reasons} />
          <span>
            {schedule.newestVersion === undefined
              ? 'There is no backup of it yet.'
              : `Newest backup: number ${schedule.newestVersion.number}, ${relativeTime(schedule.newestVersion.createdAt, now)}, ${formatBytes(schedule.newestVersion.sizeBytes)}.`}
          </span>
        </div>
      )}
    </Form>
  );
}
