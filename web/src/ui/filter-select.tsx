import { MenuToggle, Select, SelectList, SelectOption } from '@patternfly/react-core';
import { useState } from 'react';

interface Props<Value extends string> {
  label: string;
  /** Undefined: all. */
  value: Value | undefined;
  choices: readonly { value: Value; label: string }[];
  onChange: (value: Value | undefined) => void;
}

/** A short single-choice filter of a list. */
export function FilterSelect<Value extends string>({ label, value, choices, onChange }: Props<Value>) {
  const [open, setOpen] = useState(false);
  const chosen = choices.find((choice) => choice.value === value);
  const select = (next: string) => {
    onChange(choices.find((choice) => choice.value === next)?.value);
    setOpen(false);
  };
  return (
    <Select
      isOpen={open}
      selected={value ?? ''}
      onSelect={(_, next) => select(String(next))}
      onOpenChange={setOpen}
      shouldFocusToggleOnSelect
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={open} onClick={() => setOpen(!open)}>
          {label}: {chosen?.label ?? 'all'}
        </MenuToggle>
      )}
    >
      <SelectList aria-label={label}>
        <SelectOption value="">All</SelectOption>
        {choices.map((choice) => (
          <SelectOption key={choice.value} value={choice.value}>
            {choice.label}
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  );
}
