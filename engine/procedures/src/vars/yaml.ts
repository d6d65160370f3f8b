import { type ParseOptions, parseDocument, type ScalarTag } from 'yaml';
import { toInteger } from '../go-template/literals.ts';
import { GoFloat, isMap, toValue, type ValueMap } from '../go-template/values.ts';
import { ProcedureError } from '../procedure-error.ts';

/**
 * Which plain scalars are more than text.
 * - `resource`: the `vars` of a custom resource, read as YAML 1.2 (yes, no, on, off stay text; `0123` is octal).
 * - `file`: the definition file of the command line, read as YAML 1.1 (yes, no, on, off are booleans).
 */
export type YamlDialect = 'resource' | 'file';

const largest = 2n ** 63n;

const scalar = (tag: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag => ({
  tag: `tag:yaml.org,2002:${tag}`,
  default: true,
  test,
  resolve,
});

const integer = (digits: string, text: string): unknown => {
  const value = text.startsWith('-') ? -BigInt(digits) : BigInt(digits);
  return value < largest && value >= -largest ? toInteger(value) : new GoFloat(Number(value));
};

const bare = (text: string): string => text.replace(/^[-+]/, '').replaceAll('_', '');

const numbers: ScalarTag[] = [
  scalar('int', /^[-+]?0b[01_]+$/, (text) => integer(bare(text), text)),
  scalar('int', /^[-+]?0o?[0-7_]+$/, (text) => integer(`0o${bare(text).replace(/^0o?/, '') || '0'}`, text)),
  scalar('int', /^[-+]?0x[0-9a-fA-F_]+$/, (text) => integer(bare(text), text)),
  scalar('int', /^[-+]?(?:0|[1-9][0-9_]*)$/, (text) => integer(bare(text), text)),
  scalar('float', /^[-+]?\.(?:inf|Inf|INF)$/, (text) => new GoFloat(text.startsWith('-') ? -Infinity : Infinity)),
  scalar('float', /^\.(?:nan|NaN|NAN)$/, () => new GoFloat(Number.NaN)),
  scalar(
    'float',
    /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/,
    (text) => new GoFloat(Number(text.replaceAll('_', ''))),
  ),
];

const nothing = scalar('null', /^(?:~|null|Null|NULL)?$/, () => null);
const booleans = scalar('bool', /^(?:true|True|TRUE|false|False|FALSE)$/, (text) => /^t/i.test(text));
const wideBooleans = scalar('bool', /^(?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/, (text) =>
  /^(?:y|on)/i.test(text),
);
const date = scalar('timestamp', /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, (text) => `${text}T00:00:00Z`);

const dialects: Record<YamlDialect, ScalarTag[]> = {
  resource: [nothing, booleans, ...numbers, date],
  file: [nothing, booleans, wideBooleans, ...numbers],
};

/**
 * Reads a definition document. Empty text is an empty map.
 *
 * @throws ProcedureError with line and column when it is not YAML or not a map.
 */
export const parseDefinition = (text: string, dialect: YamlDialect, name: string): ValueMap => {
  const options: ParseOptions & { customTags: ScalarTag[]; schema: 'failsafe'; merge: true } = {
    schema: 'failsafe',
    merge: true,
    // The text may hold passwords: an error must not show the lines around it.
    prettyErrors: false,
    customTags: dialects[dialect],
  };
  const document = parseDocument(text, options);
  const [error] = document.errors;
  if (error) throw new ProcedureError(`${name} is not YAML: ${place(text, error.pos[0])}: ${error.message}`);
  const value = toValue(toPlain(document, name));
  if (value === null) return {};
  if (!isMap(value)) throw new ProcedureError(`${name} must be a map with Params and Repository.`);
  return value;
};

const toPlain = (document: ReturnType<typeof parseDocument>, name: string): unknown => {
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  } catch (error) {
    throw new ProcedureError(`${name} cannot be used: ${error instanceof Error ? error.message : 'bad alias'}`);
  }
};

const place = (text: string, offset: number): string => {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
};
