import { Tbody, Td, Tr } from '@patternfly/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type Ref, useLayoutEffect, useRef, useState } from 'react';

/** Short tables are plain: find-in-page works in them. */
const plainUpTo = 80;
const scroller = (): HTMLElement | null => document.getElementById('main');

interface Props<Row> {
  rows: readonly Row[];
  columns: number;
  estimate?: number;
  render: (row: Row, place: { 'data-index': number; ref: Ref<HTMLTableRowElement> }) => ReactNode;
}

function VirtualBody<Row>({ rows, columns, estimate = 45, render }: Props<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const top = body.current?.getBoundingClientRect().top ?? 0;
    const main = scroller();
    setMargin(top - (main?.getBoundingClientRect().top ?? 0) + (main?.scrollTop ?? 0));
  }, []);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: scroller,
    estimateSize: () => estimate,
    overscan: 12,
    scrollMargin: margin,
  });
  const items = virtual.getVirtualItems();
  const above = (items[0]?.start ?? margin) - margin;
  const below = virtual.getTotalSize() - ((items.at(-1)?.end ?? margin) - margin);
  return (
    <Tbody ref={body}>
      <Gap height={above} columns={columns} />
      {items.map((item) => {
        const row = rows[item.index];
        return row === undefined ? null : render(row, { 'data-index': item.index, ref: virtual.measureElement });
      })}
      <Gap height={below} columns={columns} />
    </Tbody>
  );
}

function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <Tr aria-hidden style={{ height }}>
      <Td colSpan={columns} className="bs-gap" />
    </Tr>
  );
}

/** A table body that renders only the rows on the screen once there are many. */
export function VirtualRows<Row>(props: Props<Row>) {
  if (props.rows.length > plainUpTo) return <VirtualBody {...props} />;
  return <Tbody>{props.rows.map((row, index) => props.render(row, { 'data-index': index, ref: null }))}</Tbody>;
}
