import { isObject } from '../json.ts';

type Step = (value: unknown) => unknown[];

/** A reader of the JSONPath subset that printer columns use: members, quoted members, indexes, wildcards, equality filters. */
export function compilePath(path: string): (object: unknown) => unknown[] {
  const steps = parse(path);
  return (object) => steps.reduce<unknown[]>((values, step) => values.flatMap(step), [object]);
}

const token =
  /^(?:\.?\[(?:'([^']*)'|"([^"]*)"|(-?\d+)|(\*)|\?\(\s*@\.([\w.-]+)\s*==\s*(?:'([^']*)'|"([^"]*)"|([\w.-]+))\s*\))\]|\.((?:\\.|[^.[\]\\])+|\*))/;

function parse(path: string): Step[] {
  const steps: Step[] = [];
  let rest = path.replace(/^\$?\{?/, '').replace(/\}$/, '');
  while (rest !== '' && rest !== '.') {
    const match = token.exec(rest);
    if (!match) return [() => []];
    steps.push(stepOf(match));
    rest = rest.slice(match[0].length);
  }
  return steps;
}

function stepOf(match: RegExpExecArray): Step {
  const [, single, double, index, anyItem, filterPath, filterA, filterB, filterC, plain] = match;
  if (index !== undefined) return (value) => (Array.isArray(value) ? value.slice(Number(index)).slice(0, 1) : []);
  if (anyItem !== undefined || plain === '*')
    return (value) => Object.values(isObject(value) || Array.isArray(value) ? value : {});
  if (filterPath !== undefined) {
    const read = compilePath(`.${filterPath}`);
    const wanted = filterA ?? filterB ?? filterC;
    return (value) => (Array.isArray(value) ? value.filter((item) => String(read(item)[0]) === wanted) : []);
  }
  const name = single ?? double ?? plain?.replace(/\\(.)/g, '$1') ?? '';
  return (value) => (isObject(value) && Object.hasOwn(value, name) && value[name] !== undefined ? [value[name]] : []);
}
