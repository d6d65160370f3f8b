import type { JobDetail } from '@backstay/shared';
import { Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import { useState } from 'react';
import { EventsTable } from '../../ui/events-table.tsx';
import { YamlView } from '../../ui/yaml-view.tsx';
import { JobFacts } from './job-facts.tsx';
import { LogViewer } from './log/log-viewer.tsx';
import { Phases } from './phases.tsx';
import { Progress } from './progress.tsx';
import { Verdict } from './verdict.tsx';

type TabName = 'log' | 'events' | 'manifest';

export function JobBody({ job }: { job: JobDetail }) {
  const [tab, setTab] = useState<TabName>('log');
  return (
    <div className="bs-stack">
      <Verdict job={job} />
      <Progress job={job} />
      <Phases phases={job.phases} />
      <JobFacts job={job} />
      <Tabs activeKey={tab} onSelect={(_, key) => setTab(key as TabName)} aria-label="Job" mountOnEnter>
        <Tab eventKey="log" title={<TabTitleText>Log</TabTitleText>}>
          <div className="bs-tab">
            <LogViewer job={job} />
          </div>
        </Tab>
        <Tab eventKey="events" title={<TabTitleText>Events</TabTitleText>}>
          <div className="bs-tab">
            <EventsTable events={job.events} />
          </div>
        </Tab>
        {job.manifest === undefined ? null : (
          <Tab eventKey="manifest" title={<TabTitleText>Manifest</TabTitleText>}>
            <div className="bs-tab">
              <YamlView yaml={job.manifest} fileName={`${job.name}.yaml`} label="Manifest of the job" />
            </div>
          </Tab>
        )}
      </Tabs>
    </div>
  );
}
