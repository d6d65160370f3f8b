import type { Parameter } from '../api/procedures.ts';
import type { Problem } from '../errors/domain-error.ts';

/** What is wrong with the values of a procedure's parameters. */
export function parameterProblems(
  parameters: readonly Parameter[],
  values: Readonly<Record<string, string>>,
  prefix = 'parameters',
): Problem[] {
  return parameters.flatMap((parameter) => {
    const message = problemOf(parameter, Object.hasOwn(values, parameter.name) ? (values[parameter.name] ?? '') : '');
    return message === undefined ? [] : [{ field: `${prefix}.${parameter.name}`, message }];
  });
}

// `${X}` and `$(cmd)` get their value in the Pod.
const isExpanded = (value: string) => /\$[{(]/.test(value);

function problemOf(parameter: Parameter, value: string): string | undefined {
  if (value.trim() === '') return parameter.required ? `${parameter.label} is needed.` : undefined;
  if (value.includes('\0')) return 'A value cannot hold a NUL character.';
  if (isExpanded(value)) return undefined;
  if (parameter.type === 'number' && !/^-?\d+$/.test(value.trim())) return 'A whole number.';
  if (parameter.type === 'boolean' && value !== 'true' && value !== 'false') return 'true or false.';
  if (parameter.type === 'path' && !value.startsWith('/') && !value.startsWith('~')) {
    return 'A full path, beginning with /.';
  }
  if (parameter.type !== 'lines' && value.includes('\n')) return 'One line only.';
  return undefined;
}
