import { backupRoutes, type ObjectRef, type Version } from '@backstay/shared';
import ArchiveIcon from '@patternfly/react-icons/dist/esm/icons/archive-icon';
import { Table, Th, Thead, Tr } from '@patternfly/react-table';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { addressOf } from '../lib/api.ts';
import { formatBytes, formatDuration } from '../lib/format.ts';
import { versionsQuery } from '../lib/queries/backups.ts';
import { Ago } from './ago.tsx';
import { Cell } from './cell.tsx';
import { RowActions } from './row-actions.tsx';
import { Nothing, QueryView } from './states.tsx';
import { useToasts } from './toasts.tsx';
import { VirtualRows } from './virtual-rows.tsx';

interface Props {
  collection: string;
  /** Who restores them, where that is known. */
  schedule?: ObjectRef | undefined;
}

/** The stored backups of a collection, newest first. */
export function VersionTable({ collection, schedule }: Props) {
  const versions = useQuery(versionsQuery(collection));
  return (
    <QueryView query={versions}>
      {({ items, collection: { schedules } }) =>
        items.length === 0 ? (
          <Nothing title="No backups yet" icon={ArchiveIcon}>
            A backup appears here once it is stored completely. Nothing half done is ever listed.
          </Nothing>
        ) : (
          <Rows versions={items} collection={collection} schedule={schedule ?? schedules[0]} />
        )
      }
    </QueryView>
  );
}

function useVersionActions(collection: string, schedule: ObjectRef | undefined) {
  const navigate = useNavigate();
  const toasts = useToasts();
  return (version: Version) => [
    {
      label: 'Restore',
      unavailable: schedule === undefined ? 'No schedule uses this collection' : undefined,
      onSelect: () =>
        void navigate({
          to: '/restore',
          search: { namespace: schedule?.namespace, schedule: schedule?.name, version: version.number },
        }),
    },
    {
      label: 'Download (encrypted)',
      onSelect: () =>
        window.location.assign(
          addressOf(backupRoutes.downloadVersion, { params: { collection, number: String(version.number) } }),
        ),
    },
    {
      label: 'Copy the SHA-256',
      unavailable: version.sha256 === undefined ? 'It was not recorded' : undefined,
      onSelect: () =>
        void navigator.clipboard.writeText(version.sha256 ?? '').then(() => toasts.succeed('The SHA-256 was copied')),
    },
  ];
}

function Rows({ versions, collection, schedule }: { versions: readonly Version[] } & Props) {
  const actionsOf = useVersionActions(collection, schedule);
  return (
    <Table aria-label={`Backups in ${collection}`} variant="compact" gridBreakPoint="grid-lg" className="bs-table">
      <Thead>
        <Tr>
          <Th>Backup</Th>
          <Th>Stored</Th>
          <Th>Size</Th>
          <Th>Took</Th>
          <Th>SHA-256</Th>
          <Th>Stored by</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <VirtualRows
        rows={versions}
        columns={7}
        keyOf={({ number }) => number}
        render={(version, place) => (
          <Tr {...place}>
            <Cell label="Backup" className="bs-strong bs-nowrap">
              Number {version.number}
            </Cell>
            <Cell label="Stored">
              <Ago at={version.createdAt} />
            </Cell>
            <Cell label="Size" className="bs-nowrap">
              {formatBytes(version.sizeBytes)}
            </Cell>
            <Cell label="Took" className="bs-nowrap">
              {version.durationSeconds === undefined ? (
                <span className="bs-subtle">-</span>
              ) : (
                formatDuration(version.durationSeconds)
              )}
            </Cell>
            <Cell label="SHA-256">
              {version.sha256 === undefined ? (
                <span className="bs-subtle">Not recorded</span>
              ) : (
                <code title={version.sha256}>{version.sha256.slice(0, 12)}</code>
              )}
            </Cell>
            <Cell label="Stored by" breaks>
              {version.job === undefined ? (
                version.uploadedBy
              ) : (
                <Link to="/jobs/$namespace/$name" params={version.job}>
                  {version.job.name}
                </Link>
              )}
            </Cell>
            <Cell action>
              <RowActions label={`Actions for backup ${version.number}`} actions={() => actionsOf(version)} />
            </Cell>
          </Tr>
        )}
      />
    </Table>
  );
}
