import { useId, useRef } from 'react';

interface Props {
  value: string;
  onChange: (value: string) => void;
  label: string;
  /** Lines with a mistake, counted from 1. */
  badLines: ReadonlySet<number>;
  describedBy?: string;
}

/** A plain text area with line numbers: all of the browser's own editing, nothing to load. */
export function YamlEditor({ value, onChange, label, badLines, describedBy }: Props) {
  const numbers = useRef<HTMLDivElement>(null);
  const id = useId();
  const count = value.split('\n').length;
  const follow = (top: number) => {
    if (numbers.current !== null) numbers.current.scrollTop = top;
  };
  return (
    <div className="bs-editor">
      <div className="bs-editor__numbers" ref={numbers} aria-hidden="true">
        {Array.from({ length: count }, (_, index) => index + 1).map((line) => (
          <div key={line} className={badLines.has(line) ? 'bs-editor__bad' : undefined}>
            {line}
          </div>
        ))}
      </div>
      <textarea
        id={id}
        className="bs-editor__text"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => follow(event.currentTarget.scrollTop)}
        aria-label={label}
        aria-invalid={badLines.size > 0}
        aria-describedby={describedBy}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        wrap="off"
        rows={Math.min(28, Math.max(12, count + 1))}
      />
    </div>
  );
}
