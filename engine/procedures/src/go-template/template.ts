import { defaultLimits, Evaluator, type Limits } from './evaluator.ts';
import { builtInFunctions, procedureFunctions } from './functions.ts';
import { parseTemplate } from './parser.ts';
import { toValue, type Value } from './values.ts';

const functions = { ...builtInFunctions, ...procedureFunctions };
const names: ReadonlySet<string> = new Set([...Object.keys(functions), 'and', 'or']);

/**
 * Renders a Go text/template with `missingkey=error` and the functions of backup templates.
 *
 * @param data the root, usually a map; numbers with a fraction are Go floats, others ints.
 * @throws TemplateError with line and column, and nothing else, whatever the template and the data are.
 */
export const renderTemplate = (source: string, data: unknown, limits: Limits = defaultLimits): string => {
  const value: Value = toValue(data);
  return new Evaluator(parseTemplate(source, names), functions, limits).run(value);
};
