import type { ScheduleDetail } from '@backstay/shared';
import {
  Alert,
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatBytes } from '../../lib/format.ts';
import { Ago } from '../../ui/ago.tsx';
import { JobStrip } from '../../ui/job-strip.tsx';
import { scheduleStateText } from '../../ui/state-label.tsx';
import { RecoveryKey } from './recovery-key.tsx';
import { When } from './schedule-table.tsx';

const tones = {
  protected: 'success',
  overdue: 'warning',
  failing: 'danger',
  invalid: 'danger',
  paused: 'info',
  'never-ran': 'info',
} as const;

export function ScheduleOverview({ schedule }: { schedule: ScheduleDetail }) {
  return (
    <div className="bs-stack">
      <Alert variant={tones[schedule.state]} isInline title={scheduleStateText(schedule.state)}>
        {schedule.reasons.join(' ')}
      </Alert>
      <Conditions conditions={schedule.conditions} />
      <div className="bs-columns">
        <Card isCompact>
          <CardTitle component="h2">Schedule</CardTitle>
          <CardBody>
            <WhenAndWhere schedule={schedule} />
          </CardBody>
        </Card>
        <Card isCompact>
          <CardTitle component="h2">What is protected</CardTitle>
          <CardBody>
            <Parameters schedule={schedule} />
          </CardBody>
        </Card>
        <Card isCompact>
          <CardTitle component="h2">Key</CardTitle>
          <CardBody>
            <RecoveryKey schedule={schedule} />
          </CardBody>
        </Card>
      </div>
    </div>
  );
}

function Item({ term, children }: { term: string; children: ReactNode }) {
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription>{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}

function WhenAndWhere({ schedule }: { schedule: ScheduleDetail }) {
  const { nextRun, newestVersion, lastJobs, collection } = schedule;
  return (
    <DescriptionList isCompact isHorizontal className="bs-list">
      <Item term="Runs">
        <When schedule={schedule} />
      </Item>
      <Item term="Next run">
        {nextRun === undefined ? (
          schedule.paused ? (
            'Paused'
          ) : (
            'None'
          )
        ) : (
          <Ago at={nextRun} timeZone={schedule.timeZone} />
        )}
      </Item>
      <Item term="Last jobs">
        <JobStrip jobs={lastJobs} />
      </Item>
      <Item term="Newest backup">
        {newestVersion === undefined ? (
          'None'
        ) : (
          <>
            Number {newestVersion.number}, <Ago at={newestVersion.createdAt} />, {formatBytes(newestVersion.sizeBytes)}
          </>
        )}
      </Item>
      <Item term="Collection">
        <Link to="/backups/$collection" params={{ collection }}>
          {collection}
        </Link>
      </Item>
      <Item term="Created">
        <Ago at={schedule.createdAt} />
      </Item>
    </DescriptionList>
  );
}

function Parameters({ schedule }: { schedule: ScheduleDetail }) {
  const names = Object.keys(schedule.parameters);
  if (names.length === 0) return <p className="bs-subtle">This procedure has no parameters.</p>;
  return (
    <DescriptionList isCompact isHorizontal className="bs-list">
      {names.map((name) => (
        <Item key={name} term={name}>
          {schedule.secretParameters.includes(name) ? (
            <span className="bs-subtle">Kept in a Secret; never shown</span>
          ) : (
            <span className="bs-value">{schedule.parameters[name] === '' ? '(empty)' : schedule.parameters[name]}</span>
          )}
        </Item>
      ))}
    </DescriptionList>
  );
}

/** What the controller tells, in words of people; of others there is the reason only. */
const conditionTitles: Record<string, string> = {
  BackupObjectsInstallation: 'Not everything is in place in the cluster',
  KeyPair: 'The private key is missing',
  Overdue: 'Runs were missed',
};

function Conditions({ conditions }: Pick<ScheduleDetail, 'conditions'>) {
  // All conditions but this one say what is well.
  const wrong = conditions.filter(({ type, status }) => status === (type === 'Overdue' ? 'True' : 'False'));
  if (wrong.length === 0) return null;
  return (
    <>
      {wrong.map((condition) => (
        <Alert
          key={condition.type}
          variant="warning"
          isInline
          title={conditionTitles[condition.type] ?? condition.reason}
        >
          {condition.message}
        </Alert>
      ))}
    </>
  );
}
