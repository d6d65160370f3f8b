import type { KubeObject } from '@backstay/shared';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { labelValue, qualifiedName } from '../kinds/names.ts';
import { badRequest } from './api-error.ts';

export type Matcher = (object: KubeObject) => boolean;

interface Requirement {
  key: string;
  operator: 'in' | 'notin' | 'exists' | 'absent' | 'gt' | 'lt';
  values: string[];
}

/** Undefined for an empty selector. ApiError 400. */
export function parseLabelSelector(text: string | undefined): Matcher | undefined {
  if (!text?.trim()) return undefined;
  const requirements = splitOutside(text).map(parseRequirement);
  return ({ metadata: { labels } }) => requirements.every((requirement) => meets(labels ?? {}, requirement));
}

/** Splits at commas outside of parentheses. */
function splitOutside(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function parseRequirement(text: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    return checked({ key, operator: operator as 'in' | 'notin', values: list.split(',').map((item) => item.trim()) });
  }
  const order = /^(\S+)\s*([<>])\s*(-?\d+)$/.exec(text);
  if (order)
    return checked({ key: order[1] ?? '', operator: order[2] === '>' ? 'gt' : 'lt', values: [order[3] ?? ''] });
  const equal = /^([^\s=!]+)\s*(==?|!=)\s*([^\s=!]*)$/.exec(text);
  if (equal) {
    return checked({ key: equal[1] ?? '', operator: equal[2] === '!=' ? 'notin' : 'in', values: [equal[3] ?? ''] });
  }
  const exists = /^(!?)\s*([^\s=!<>()]+)$/.exec(text);
  if (exists) return checked({ key: exists[2] ?? '', operator: exists[1] === '!' ? 'absent' : 'exists', values: [] });
  throw badRequest(`unable to parse requirement: ${JSON.stringify(text)} is not a valid label selector`);
}

function checked(requirement: Requirement): Requirement {
  const wrong = qualifiedName(requirement.key);
  if (wrong) throw badRequest(`unable to parse requirement: <nil>: Invalid value: "${requirement.key}": ${wrong}`);
  for (const value of requirement.operator === 'in' || requirement.operator === 'notin' ? requirement.values : []) {
    const wrongValue = labelValue(value);
    if (wrongValue)
      throw badRequest(
        `unable to parse requirement: values[0][${requirement.key}]: Invalid value: "${value}": ${wrongValue}`,
      );
  }
  return requirement;
}

function meets(labels: Record<string, string>, { key, operator, values }: Requirement): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'lt':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

export interface FieldSelector {
  matches: Matcher;
  /** Value asked for metadata.name, when it is one exact name. */
  name?: string;
}

/** Undefined for an empty selector. ApiError 400 for a field that the kind does not offer. */
export function parseFieldSelector(kind: Kind, text: string | undefined): FieldSelector | undefined {
  if (!text) return undefined;
  const terms = text
    .split(',')
    .filter(Boolean)
    .map((term) => parseTerm(kind, term));
  const name = terms.find((term) => term.field === 'metadata.name' && !term.negated)?.value;
  const matches: Matcher = (object) => terms.every(({ read, value, negated }) => (read(object) === value) !== negated);
  return { matches, ...(name === undefined ? {} : { name }) };
}

interface Term {
  field: string;
  value: string;
  negated: boolean;
  read: (object: KubeObject) => string;
}

function parseTerm(kind: Kind, term: string): Term {
  const match = /^([^=!]+)(==?|!=)(.*)$/s.exec(term);
  if (!match) throw badRequest(`invalid field selector: ${JSON.stringify(term)}; can't understand it`);
  const [, field = '', operator, raw = ''] = match;
  const read = readers(kind)[field];
  if (!read) {
    throw badRequest(
      `Unable to find ${JSON.stringify(apiVersionOf(kind))}, Kind=${kind.kind} that match label selector "", field selector ${JSON.stringify(term)}: field label not supported: ${field}`,
    );
  }
  return { field, read, negated: operator === '!=', value: raw.replace(/\\(.)/g, '$1') };
}

const readers = (kind: Kind): Record<string, (object: KubeObject) => string> => ({
  'metadata.name': (object) => object.metadata.name,
  ...(kind.namespaced ? { 'metadata.namespace': (object: KubeObject) => object.metadata.namespace ?? '' } : {}),
  ...kind.selectable,
});
