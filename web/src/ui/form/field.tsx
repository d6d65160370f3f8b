import {
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
  type TextInputProps,
} from '@patternfly/react-core';
import type { ReactNode } from 'react';

/** The id of the control of a field; `focusField` finds it by this. */
export const fieldId = (name: string): string => `field-${name.replaceAll('.', '-')}`;

/** Moves to the first of these fields that is on the screen. */
export function focusField(names: readonly string[]): void {
  const control = names.map((name) => document.getElementById(fieldId(name))).find((each) => each !== null);
  control?.focus();
  control?.scrollIntoView({ block: 'center' });
}

interface FrameProps {
  name: string;
  label: ReactNode;
  help?: ReactNode;
  problem?: string | undefined;
  required?: boolean;
  children: ReactNode;
}

/** Label, control, help, and what is wrong, tied together for screen readers. */
export function FieldFrame({ name, label, help, problem, required = false, children }: FrameProps) {
  const id = fieldId(name);
  return (
    <FormGroup label={label} fieldId={id} isRequired={required}>
      {children}
      {problem === undefined && help === undefined ? null : (
        <FormHelperText>
          <HelperText id={`${id}-help`} aria-live="polite">
            {problem === undefined ? null : <HelperTextItem variant="error">{problem}</HelperTextItem>}
            {help === undefined ? null : <HelperTextItem>{help}</HelperTextItem>}
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}

interface TextProps {
  name: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  help?: ReactNode;
  problem?: string | undefined;
  required?: boolean;
  placeholder?: string | undefined;
  type?: TextInputProps['type'];
  /** Rows of a text with several lines. */
  rows?: number;
}

export function TextField({ name, label, value, onChange, help, problem, required = false, ...more }: TextProps) {
  const id = fieldId(name);
  const described = problem === undefined && help === undefined ? {} : { 'aria-describedby': `${id}-help` };
  const common = {
    id,
    value,
    isRequired: required,
    validated: problem === undefined ? ('default' as const) : ('error' as const),
    placeholder: more.placeholder ?? '',
    spellCheck: false,
    autoCapitalize: 'off',
    ...described,
  };
  return (
    <FieldFrame name={name} label={label} help={help} problem={problem} required={required}>
      {more.rows === undefined ? (
        <TextInput
          {...common}
          type={more.type ?? 'text'}
          autoComplete={more.type === 'password' ? 'new-password' : 'off'}
          onChange={(_, next) => onChange(next)}
        />
      ) : (
        <TextArea {...common} rows={more.rows} resizeOrientation="vertical" onChange={(_, next) => onChange(next)} />
      )}
    </FieldFrame>
  );
}
