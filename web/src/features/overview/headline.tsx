import type { ScheduleState, ScheduleSummary } from '@backstay/shared';
import { Alert } from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import { scheduleStateText } from '../../ui/state-label.tsx';
import { judge } from './verdict.ts';

const shownReasons = 5;

function Reason({ schedule }: { schedule: ScheduleSummary }) {
  const { namespace, name, state, reasons } = schedule;
  return (
    <li>
      <Link to="/schedules/$namespace/$name" params={{ namespace, name }}>
        {name}
      </Link>
      : {reasons.length > 0 ? reasons.join(' ') : scheduleStateText(state)}
    </li>
  );
}

const states: readonly ScheduleState[] = ['protected', 'overdue', 'failing', 'invalid', 'paused', 'never-ran'];

/** Would I get my data back today? The answer, why, and counts that lead to the lists behind them. */
export function Headline({ schedules }: { schedules: readonly ScheduleSummary[] }) {
  const { tone, title, because, counts } = judge(schedules);
  return (
    <div className="bs-stack">
      <Alert variant={tone} isInline title={title} component="h2" className="bs-headline">
        {because.length === 0 ? (
          'The newest backup of each schedule is younger than the schedule asks for.'
        ) : (
          <ul className="bs-plain-list">
            {because.slice(0, shownReasons).map((schedule) => (
              <Reason key={schedule.id} schedule={schedule} />
            ))}
            {because.length > shownReasons ? (
              <li>
                and <Link to="/schedules">{because.length - shownReasons} more</Link>
              </li>
            ) : null}
          </ul>
        )}
      </Alert>
      <ul className="bs-counts" aria-label="Schedules by state">
        {states
          .filter((state) => counts[state] > 0 || state === 'protected')
          .map((state) => (
            <li key={state}>
              <Link to="/schedules" search={{ state }} className={`bs-count bs-count--${state}`}>
                <span className="bs-count__number">{counts[state]}</span>
                <span>{scheduleStateText(state)}</span>
              </Link>
            </li>
          ))}
      </ul>
    </div>
  );
}
