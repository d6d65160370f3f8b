import type { eventSchema } from '@backstay/shared';
import { Table, Tbody, Th, Thead, Tr } from '@patternfly/react-table';
import type { z } from 'zod';
import { Ago } from './ago.tsx';
import { Cell } from './cell.tsx';
import { Nothing } from './states.tsx';
import { Tag } from './tag.tsx';

type ClusterEvent = z.infer<typeof eventSchema>;

export function EventsTable({ events }: { events: readonly ClusterEvent[] }) {
  if (events.length === 0) {
    return <Nothing title="No events">Kubernetes keeps events for about an hour; there are none now.</Nothing>;
  }
  return (
    <Table variant="compact" aria-label="Events" gridBreakPoint="grid-md">
      <Thead>
        <Tr>
          <Th width={15}>When</Th>
          <Th width={10}>Type</Th>
          <Th width={15}>Reason</Th>
          <Th width={20}>About</Th>
          <Th>Message</Th>
        </Tr>
      </Thead>
      <Tbody>
        {events.map((event) => (
          <Tr key={`${event.at} ${event.about} ${event.reason} ${event.message}`}>
            <Cell label="When">
              <Ago at={event.at} />
            </Cell>
            <Cell label="Type">
              <Tag color={event.type === 'Warning' ? 'orange' : 'grey'}>{event.type}</Tag>
            </Cell>
            <Cell label="Reason">
              {event.reason}
              {event.count > 1 ? ` (${event.count} times)` : ''}
            </Cell>
            <Cell label="About">{event.about}</Cell>
            <Cell label="Message" breaks>
              {event.message}
            </Cell>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
