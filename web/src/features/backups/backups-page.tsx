import type { Collection } from '@backstay/shared';
import { PageSection } from '@patternfly/react-core';
import ArchiveIcon from '@patternfly/react-icons/dist/esm/icons/archive-icon';
import { Table, Th, Thead, Tr } from '@patternfly/react-table';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { collectionsQuery } from '../../lib/queries/backups.ts';
import { Ago } from '../../ui/ago.tsx';
import { Cell } from '../../ui/cell.tsx';
import { LinkButton } from '../../ui/links.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Nothing, QueryView } from '../../ui/states.tsx';
import { UsageBar } from '../../ui/usage-bar.tsx';
import { VirtualRows } from '../../ui/virtual-rows.tsx';

export function BackupsPage() {
  const collections = useQuery(collectionsQuery());
  return (
    <>
      <PageHeader title="Backups" subtitle="What is stored, encrypted, and how much room is left for more." />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <QueryView query={collections}>
          {({ items }) =>
            items.length === 0 ? (
              <Nothing
                title="No collections yet"
                icon={ArchiveIcon}
                actions={<LinkButton to="/schedules/new">Create schedule</LinkButton>}
              >
                A collection keeps the backups of a schedule within limits. It is made together with the first schedule.
              </Nothing>
            ) : (
              <Collections items={items.toSorted((a, b) => a.name.localeCompare(b.name))} />
            )
          }
        </QueryView>
      </PageSection>
    </>
  );
}

function Collections({ items }: { items: readonly Collection[] }) {
  return (
    <Table aria-label="Collections" variant="compact" gridBreakPoint="grid-lg" isStickyHeader className="bs-table">
      <Thead>
        <Tr>
          <Th width={25}>Collection</Th>
          <Th width={15}>Backups</Th>
          <Th width={15}>Newest</Th>
          <Th width={25}>Space</Th>
          <Th width={20}>Used by</Th>
        </Tr>
      </Thead>
      <VirtualRows
        rows={items}
        columns={5}
        estimate={57}
        keyOf={({ name }) => name}
        render={(collection, place) => (
          <Tr {...place}>
            <Cell label="Collection" breaks>
              <Link to="/backups/$collection" params={{ collection: collection.name }} className="bs-strong">
                {collection.name}
              </Link>
              <div className="bs-subtle bs-small">{collection.description}</div>
            </Cell>
            <Cell label="Backups" className="bs-nowrap">
              {collection.versions} of {collection.maxVersions}
            </Cell>
            <Cell label="Newest">
              {collection.newest === undefined ? (
                <span className="bs-subtle">None</span>
              ) : (
                <Ago at={collection.newest.createdAt} />
              )}
            </Cell>
            <Cell label="Space">
              <UsageBar
                used={collection.usedBytes}
                limit={collection.maxTotalBytes}
                label={`Used space of ${collection.name}`}
              />
            </Cell>
            <Cell label="Used by" breaks>
              {collection.schedules.length === 0 ? <span className="bs-subtle">No schedule</span> : null}
              {collection.schedules.map(({ namespace, name }) => (
                <div key={`${namespace}/${name}`}>
                  <Link to="/schedules/$namespace/$name" params={{ namespace, name }}>
                    {name}
                  </Link>
                </div>
              ))}
            </Cell>
          </Tr>
        )}
      />
    </Table>
  );
}
