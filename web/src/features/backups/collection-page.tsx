import { BreadcrumbItem, Card, CardBody, PageSection } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { formatBytes } from '../../lib/format.ts';
import { versionsQuery } from '../../lib/queries/backups.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { UsageBar } from '../../ui/usage-bar.tsx';
import { VersionTable } from '../../ui/version-table.tsx';

const page = getRouteApi('/shell/backups/$collection');

export function CollectionPage() {
  const { collection } = page.useParams();
  const versions = useQuery(versionsQuery(collection));
  const details = versions.data?.collection;
  return (
    <>
      <PageHeader
        title={collection}
        crumbs={
          <BreadcrumbItem
            render={({ className }) => (
              <Link to="/backups" className={className}>
                Backups
              </Link>
            )}
          />
        }
        subtitle={details?.description}
      />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <div className="bs-stack">
          {details === undefined ? null : (
            <Card isCompact>
              <CardBody className="bs-facts">
                <div className="bs-facts__wide">
                  <UsageBar used={details.usedBytes} limit={details.maxTotalBytes} label="Used space" />
                </div>
                <span>
                  Keeps the newest {details.maxVersions}, each up to {formatBytes(details.maxVersionBytes)}
                </span>
                <span>
                  {details.schedules.length === 0 ? 'No schedule stores into it' : 'Used by '}
                  {details.schedules.map(({ namespace, name }) => (
                    <Link key={`${namespace}/${name}`} to="/schedules/$namespace/$name" params={{ namespace, name }}>
                      {name}{' '}
                    </Link>
                  ))}
                </span>
              </CardBody>
            </Card>
          )}
          <VersionTable collection={collection} />
        </div>
      </PageSection>
    </>
  );
}
