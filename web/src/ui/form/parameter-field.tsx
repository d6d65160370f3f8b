import type { Parameter } from '@backstay/shared';
import { Checkbox, HelperText, HelperTextItem } from '@patternfly/react-core';
import { fieldId, TextField } from './field.tsx';

interface Props {
  parameter: Parameter;
  value: string;
  onChange: (value: string) => void;
  problem?: string | undefined;
  /** A secret that is stored already: empty keeps it. */
  kept?: boolean;
  /** Replaces the placeholder of the procedure. */
  placeholder?: string | undefined;
}

const inputTypes = { text: 'text', number: 'text', password: 'password', path: 'text', lines: 'text' } as const;

/** The control that fits a parameter of a procedure. */
export function ParameterField({ parameter, value, onChange, problem, kept = false, placeholder }: Props) {
  const name = `parameters.${parameter.name}`;
  if (parameter.type === 'boolean') {
    return (
      <div>
        <Checkbox
          id={fieldId(name)}
          label={parameter.label}
          description={parameter.help}
          isChecked={value === 'true'}
          onChange={(_, checked) => onChange(String(checked))}
        />
        {problem === undefined ? null : (
          <HelperText>
            <HelperTextItem variant="error">{problem}</HelperTextItem>
          </HelperText>
        )}
      </div>
    );
  }
  return (
    <TextField
      name={name}
      label={parameter.label}
      value={value}
      onChange={onChange}
      problem={problem}
      help={parameter.help === '' ? undefined : parameter.help}
      required={parameter.required && !kept}
      placeholder={kept ? 'Stored; leave empty to keep it' : (placeholder ?? parameter.placeholder)}
      type={inputTypes[parameter.type]}
      {...(parameter.type === 'lines' ? { rows: 3 } : {})}
    />
  );
}
