import type { ReactNode } from 'react';

interface Props {
  /** The column's title: stands beside the value where a phone shows rows as cards. */
  label?: string;
  /** Long words may break. */
  breaks?: boolean;
  /** Holds the menu of the row. */
  action?: boolean;
  className?: string;
  children?: ReactNode;
  colSpan?: number;
}

/** A cell of a PatternFly table. PatternFly's own measures itself after each render, which long lists cannot afford. */
export function Cell({ label, breaks = false, action = false, className = '', children, colSpan }: Props) {
  const classes = ['pf-v6-c-table__td', breaks && 'pf-m-break-word', action && 'pf-v6-c-table__action', className];
  return (
    <td className={classes.filter(Boolean).join(' ')} data-label={label} colSpan={colSpan}>
      {children}
    </td>
  );
}
