import type { Version } from '@backstay/shared';
import { Button, Radio } from '@patternfly/react-core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { absoluteTime, formatBytes, formatDuration, relativeTime, secondsBetween } from '../../lib/format.ts';
import { useNow } from '../../lib/now.ts';
import { jobsQuery } from '../../lib/queries/jobs.ts';
import { Nothing, QueryView } from '../../ui/states.tsx';
import { useRestore } from './restore-state.ts';
import { Timeline } from './timeline.tsx';
import { useVersions } from './use-restore-plan.ts';

const shownAtFirst = 12;

/** What was written after a backup began is not in it. */
const lostSince = (version: Version, now: number): number =>
  secondsBetween(version.createdAt, now) + (version.durationSeconds ?? 0);

export function WhenStep() {
  const versions = useVersions();
  return (
    <QueryView query={versions}>
      {({ items }) =>
        items.length === 0 ? (
          <Nothing title="There is no backup to restore from">Run the schedule first, or choose another one.</Nothing>
        ) : (
          <Choose versions={items} />
        )
      }
    </QueryView>
  );
}

function Choose({ versions }: { versions: readonly Version[] }) {
  const { values, patch, schedule } = useRestore();
  const [all, setAll] = useState(false);
  const now = useNow();
  const failed = useInfiniteQuery({
    ...jobsQuery({ namespace: schedule?.namespace, schedule: schedule?.name, state: 'failed' }),
    enabled: schedule !== undefined,
  });
  const newest = versions[0]?.number;
  const chosen = versions.find(({ number }) => number === (values.version ?? newest)) ?? versions[0];
  if (chosen === undefined) return null;
  const shown = all ? versions : versions.filter((each, index) => index < shownAtFirst || each === chosen);
  return (
    <div className="bs-stack">
      <Timeline versions={versions} failures={failed.data?.pages[0]?.items ?? []} chosen={chosen.number} now={now} />
      <p className="bs-loss" role="status">
        Backup {chosen.number} was stored {relativeTime(chosen.createdAt, now)} ({absoluteTime(chosen.createdAt)}).{' '}
        <strong>{formatDuration(lostSince(chosen, now))} of writes since then will be lost</strong> where it is
        restored.
      </p>
      <div role="radiogroup" aria-label="Backup" className="bs-versions">
        {shown.map((version) => (
          <Radio
            key={version.number}
            id={`version-${version.number}`}
            name="version"
            isChecked={version === chosen}
            onChange={() => patch({ version: version.number, confirmation: '' })}
            label={
              <span className="bs-version">
                <strong>Backup {version.number}</strong>
                <span>{relativeTime(version.createdAt, now)}</span>
                <span className="bs-subtle">{absoluteTime(version.createdAt)}</span>
                <span className="bs-subtle">{formatBytes(version.sizeBytes)}</span>
                {version.number === newest ? <span className="bs-subtle">newest</span> : null}
              </span>
            }
          />
        ))}
      </div>
      {shown.length < versions.length ? (
        <div>
          <Button variant="link" isInline onClick={() => setAll(true)}>
            Show {versions.length - shown.length} older backups
          </Button>
        </div>
      ) : null}
    </div>
  );
}
