import type { ReactNode } from 'react';

export type TagColor = 'green' | 'blue' | 'orange' | 'red' | 'grey';

interface Props {
  color: TagColor;
  icon?: ReactNode;
  title?: string | undefined;
  children: ReactNode;
}

/** A small coloured word. Plain markup, because long tables hold hundreds of them. */
export function Tag({ color, icon, title, children }: Props) {
  return (
    <span className={`bs-tag bs-tag--${color}`} title={title}>
      {icon === undefined ? null : <span className="bs-tag__icon">{icon}</span>}
      {children}
    </span>
  );
}
