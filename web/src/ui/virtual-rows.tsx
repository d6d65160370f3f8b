import { Tbody, Tr } from '@patternfly/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, type Ref, useLayoutEffect, useRef, useState } from 'react';
import { Cell } from './cell.tsx';

/** Short tables are plain: find-in-page works in them. */
const plainUpTo = 80;
const scroller = (): HTMLElement | null => document.getElementById('main');

export interface RowPlace {
  'data-index': number;
  ref: Ref<HTMLTableRowElement>;
}

interface Props<Row> {
  rows: readonly Row[];
  columns: number;
  /** Pixels of a row, before it is measured. */
  estimate?: number;
  /** What makes a row the same one after the list has changed. */
  keyOf: (row: Row) => string | number;
  render: (row: Row, place: RowPlace) => ReactNode;
}

interface OneProps<Row> {
  row: Row;
  index: number;
  measure: Ref<HTMLTableRowElement>;
  render: Props<Row>['render'];
}

function PlainRow<Row>({ row, index, measure, render }: OneProps<Row>) {
  return render(row, { 'data-index': index, ref: measure });
}

/** Scrolling renders only the rows that come into sight. */
const OneRow = memo(PlainRow) as typeof PlainRow;

function VirtualBody<Row>({ rows, columns, estimate = 45, keyOf, render }: Props<Row>) {
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
    overscan: 10,
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
        return row === undefined ? null : (
          <OneRow key={keyOf(row)} row={row} index={item.index} measure={virtual.measureElement} render={render} />
        );
      })}
      <Gap height={below} columns={columns} />
    </Tbody>
  );
}

function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <Tr aria-hidden style={{ height }}>
      <Cell colSpan={columns} className="bs-gap" />
    </Tr>
  );
}

/** A table body that renders only the rows on the screen once there are many. */
export function VirtualRows<Row>(props: Props<Row>) {
  const { rows, keyOf, render } = props;
  if (rows.length > plainUpTo) return <VirtualBody {...props} />;
  return (
    <Tbody>
      {rows.map((row, index) => (
        <OneRow key={keyOf(row)} row={row} index={index} measure={null} render={render} />
      ))}
    </Tbody>
  );
}
