import { Form, FormGroup, FormSelect, FormSelectOption, Radio } from '@patternfly/react-core';
import { useMemo } from 'react';
import { cronWords } from '../../lib/cron-words.ts';
import { shortTime } from '../../lib/format.ts';
import { Ago } from '../../ui/ago.tsx';
import { fieldId, TextField } from '../../ui/form/field.tsx';
import { SelectField } from '../../ui/form/select-field.tsx';
import { cronOf, readTiming, type Timing, type TimingMode, timeZones } from './timing.ts';
import { useValues } from './wizard-context.tsx';

const modes: { mode: TimingMode; label: string }[] = [
  { mode: 'hourly', label: 'Every hour' },
  { mode: 'daily', label: 'Every day' },
  { mode: 'weekly', label: 'Every week' },
  { mode: 'monthly', label: 'Every month' },
  { mode: 'cron', label: 'Cron expression' },
  { mode: 'manual', label: 'Only by hand' },
];

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export function WhenStep() {
  const { values, patch, problemAt } = useValues();
  const { timing } = values;
  const change = (next: Partial<Timing>) => patch({ timing: { ...timing, ...next } }, 'when');
  const zones = useMemo(() => timeZones().map((value) => ({ value, label: value.replaceAll('_', ' ') })), []);
  const read = readTiming(timing);
  const mistake = read.ok || (timing.mode === 'cron' && timing.cron === '') ? undefined : read.message;
  return (
    <Form className="bs-wizard-form" onSubmit={(event) => event.preventDefault()}>
      <FormGroup role="radiogroup" label="How often?" fieldId="timing">
        <div className="bs-modes">
          {modes.map(({ mode, label }) => (
            <Radio
              key={mode}
              id={`timing-${mode}`}
              name="timing"
              label={label}
              isChecked={timing.mode === mode}
              onChange={() =>
                change({ mode, ...(mode === 'cron' && timing.cron === '' ? { cron: cronOf(timing) } : {}) })
              }
            />
          ))}
        </div>
      </FormGroup>
      <Builder timing={timing} change={change} problem={problemAt('when.cron') ?? mistake} />
      {timing.mode === 'manual' ? (
        <p className="bs-subtle">Backups are made only when somebody asks for one.</p>
      ) : (
        <>
          <SelectField
            name="when.timeZone"
            label="Time zone"
            value={timing.timeZone}
            choices={zones}
            onChange={(timeZone) => change({ timeZone })}
            problem={problemAt('when.timeZone')}
            required
          />
          <NextRuns timing={timing} />
        </>
      )}
    </Form>
  );
}

interface BuilderProps {
  timing: Timing;
  change: (next: Partial<Timing>) => void;
  problem: string | undefined;
}

function Builder({ timing, change, problem }: BuilderProps) {
  const time = (
    <TextField
      name="when.cron"
      label="Time of day"
      type="time"
      value={timing.time}
      onChange={(next) => change({ time: next })}
      problem={problem}
      required
    />
  );
  switch (timing.mode) {
    case 'hourly':
      return <Minute timing={timing} change={change} />;
    case 'daily':
      return <div className="bs-pair">{time}</div>;
    case 'weekly':
      return (
        <div className="bs-pair">
          <Choice
            label="Day"
            value={timing.weekday}
            options={weekdays}
            from={0}
            onChange={(weekday) => change({ weekday })}
          />
          {time}
        </div>
      );
    case 'monthly':
      return <Monthly timing={timing} change={change} time={time} />;
    case 'cron':
      return (
        <TextField
          name="when.cron"
          label="Cron expression"
          value={timing.cron}
          onChange={(cron) => change({ cron })}
          problem={problem}
          help="Minute, hour, day of month, month, day of week, as Kubernetes reads them. Also @daily or @every 6h."
          placeholder="30 2 * * 1-5"
          required
        />
      );
    case 'manual':
      return null;
  }
}

function Minute({ timing, change }: Pick<BuilderProps, 'timing' | 'change'>) {
  const minutes = Array.from({ length: 60 }, (_, minute) => `:${String(minute).padStart(2, '0')}`);
  return (
    <div className="bs-pair">
      <Choice
        label="Minute of the hour"
        value={timing.minute}
        options={minutes}
        from={0}
        onChange={(minute) => change({ minute })}
      />
    </div>
  );
}

function Monthly({ timing, change, time }: Pick<BuilderProps, 'timing' | 'change'> & { time: React.ReactNode }) {
  const days = Array.from({ length: 31 }, (_, index) => String(index + 1));
  return (
    <>
      <div className="bs-pair">
        <Choice
          label="Day of the month"
          value={timing.day}
          options={days}
          from={1}
          onChange={(day) => change({ day })}
        />
        {time}
      </div>
      {Number(timing.day) > 28 ? (
        <p className="bs-subtle">Months without a day {timing.day} are left out. The 28th exists in each.</p>
      ) : null}
    </>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly string[];
  /** Value of the first option. */
  from: number;
  onChange: (value: string) => void;
}

function Choice({ label, value, options, from, onChange }: ChoiceProps) {
  const id = fieldId(`timing.${label.toLowerCase().replaceAll(' ', '-')}`);
  return (
    <FormGroup label={label} fieldId={id}>
      <FormSelect id={id} value={value} onChange={(_, next) => onChange(next)}>
        {options.map((option, index) => (
          <FormSelectOption key={option} value={String(from + index)} label={option} />
        ))}
      </FormSelect>
    </FormGroup>
  );
}

/** In words, and the next five starts on the clock of the chosen zone. */
function NextRuns({ timing }: { timing: Timing }) {
  const read = readTiming(timing);
  if (!read.ok) return null;
  const runs = read.schedule.nextRuns(5, new Date());
  return (
    <div className="bs-next" aria-live="polite">
      <p>
        <strong>{cronWords(cronOf(timing))}</strong> <span className="bs-subtle">in {timing.timeZone}</span>
      </p>
      {runs.length === 0 ? (
        <p className="bs-danger">This never happens within the next five years.</p>
      ) : (
        <>
          <p className="bs-subtle bs-small">The next runs, on the clock of {timing.timeZone}:</p>
          <ol className="bs-runs">
            {runs.map((run) => (
              <li key={run.getTime()}>
                <span>{shortTime(run, timing.timeZone)}</span>
                <span className="bs-subtle">
                  <Ago at={run.toISOString()} timeZone={timing.timeZone} />
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
