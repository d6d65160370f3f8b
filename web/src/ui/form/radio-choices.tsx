import { Radio } from '@patternfly/react-core';

interface RadioChoice<T extends string> {
  value: T;
  label: string;
  description: string;
  disabled?: boolean;
}

interface Props<T extends string> {
  name: string;
  label: string;
  value: T;
  choices: readonly RadioChoice<T>[];
  onChange: (value: T) => void;
}

/** A few ways to go on, each with a sentence about what it means. */
export function RadioChoices<T extends string>({ name, label, value, choices, onChange }: Props<T>) {
  return (
    <div role="radiogroup" aria-label={label} className="bs-choices">
      {choices.map((choice) => (
        <Radio
          key={choice.value}
          id={`${name}-${choice.value}`}
          name={name}
          label={choice.label}
          description={choice.description}
          isDisabled={choice.disabled ?? false}
          isChecked={value === choice.value}
          onChange={() => onChange(choice.value)}
        />
      ))}
    </div>
  );
}
