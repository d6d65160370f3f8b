import type { ReactNode } from 'react';
import { type Choice, SearchSelect } from '../search-select.tsx';
import { FieldFrame, fieldId } from './field.tsx';

interface Props {
  name: string;
  label: string;
  value: string;
  choices: readonly Choice[];
  onChange: (value: string) => void;
  help?: ReactNode;
  problem?: string | undefined;
  required?: boolean;
  placeholder?: string;
}

export function SelectField({ name, label, help, problem, required = false, placeholder = '', ...select }: Props) {
  const id = fieldId(name);
  return (
    <FieldFrame name={name} label={label} help={help} problem={problem} required={required}>
      <SearchSelect
        id={id}
        label={label}
        placeholder={placeholder}
        invalid={problem !== undefined}
        describedBy={problem === undefined && help === undefined ? undefined : `${id}-help`}
        {...select}
      />
    </FieldFrame>
  );
}
