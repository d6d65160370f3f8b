import type { ScheduleSummary } from '@backstay/shared';
import { Card, CardBody, CardTitle } from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import { Ago } from '../../ui/ago.tsx';

const shown = 6;

export function NextRuns({ schedules }: { schedules: readonly ScheduleSummary[] }) {
  const next = schedules
    .flatMap((schedule) => (schedule.nextRun === undefined ? [] : [{ schedule, at: schedule.nextRun }]))
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .slice(0, shown);
  return (
    <Card isCompact>
      <CardTitle component="h2">Next runs</CardTitle>
      <CardBody>
        {next.length === 0 ? (
          <p className="bs-subtle">Nothing is due: schedules are paused or have no time to run at.</p>
        ) : (
          <ul className="bs-rows">
            {next.map(({ schedule, at }) => (
              <li key={schedule.id}>
                <Link
                  to="/schedules/$namespace/$name"
                  params={{ namespace: schedule.namespace, name: schedule.name }}
                  className="bs-rows__main"
                >
                  {schedule.name}
                </Link>
                <Ago at={at} timeZone={schedule.timeZone} />
              </li>
            ))}
          </ul>
        )}
      </CardBody>
    </Card>
  );
}
