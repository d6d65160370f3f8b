import { Card, CardBody, CardTitle } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { collectionsQuery } from '../../lib/queries/backups.ts';
import { QueryView } from '../../ui/states.tsx';
import { UsageBar } from '../../ui/usage-bar.tsx';

const shown = 4;
const share = (each: { usedBytes: number; maxTotalBytes: number }): number =>
  each.usedBytes / (each.maxTotalBytes || 1);

/** The fullest collections first: those are the ones that will refuse a backup. */
export function Storage() {
  const collections = useQuery(collectionsQuery());
  return (
    <Card isCompact>
      <CardTitle component="h2">Storage</CardTitle>
      <CardBody>
        <QueryView query={collections}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="bs-subtle">No collection exists yet.</p>
            ) : (
              <div className="bs-stack bs-stack--tight">
                {items
                  .toSorted((a, b) => share(b) - share(a))
                  .slice(0, shown)
                  .map((each) => (
                    <div key={each.name}>
                      <Link to="/backups/$collection" params={{ collection: each.name }}>
                        {each.name}
                      </Link>
                      <UsageBar used={each.usedBytes} limit={each.maxTotalBytes} label={`Used space of ${each.name}`} />
                    </div>
                  ))}
              </div>
            )
          }
        </QueryView>
      </CardBody>
    </Card>
  );
}
