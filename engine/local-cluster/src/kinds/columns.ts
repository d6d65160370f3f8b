import type { KubeObject } from '@backstay/shared';
import { arrayAt, at, isObject, stringAt } from '../json.ts';
import type { Column } from './kind.ts';

/** A duration as kubectl shows an age: 5s, 3m20s, 4h5m, 3d4h, 2y30d. */
export function humanDuration(seconds: number): string {
  if (seconds < -1) return '<invalid>';
  if (seconds <= 0) return '0s';
  const whole = Math.floor(seconds);
  if (whole < 120) return `${whole}s`;
  const [minutes, hours, days] = [Math.floor(whole / 60), Math.floor(whole / 3600), Math.floor(whole / 86_400)];
  const pair = (big: string, small: number, unit: string) => (small === 0 ? big : `${big}${small}${unit}`);
  if (minutes < 10) return pair(`${minutes}m`, whole % 60, 's');
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return pair(`${hours}h`, minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return pair(`${days}d`, hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 8 * 365 ? pair(`${years}y`, days % 365, 'd') : `${years}y`;
}

/** How long ago an RFC 3339 time was. */
export function since(time: unknown, now: number): string {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? '<unknown>' : humanDuration((now - at) / 1000);
}

export const age: Column = {
  name: 'Age',
  type: 'string',
  cell: (object, now) => since(object.metadata.creationTimestamp, now),
};

export const text = (name: string, ...path: string[]): Column => ({
  name,
  type: 'string',
  cell: (object) => {
    const found = at(object, ...path);
    return found === undefined ? '' : String(found);
  },
});

export const count = (name: string, ...path: string[]): Column => ({
  name,
  type: 'string',
  cell: (object) => Object.keys((at(object, ...path) as object | undefined) ?? {}).length,
});

/** A label selector as people write it. */
export function selectorText(selector: unknown): string {
  const labels = isObject(at(selector, 'matchLabels')) ? (at(selector, 'matchLabels') as Record<string, unknown>) : {};
  const parts = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  for (const expression of arrayAt(selector, 'matchExpressions')) {
    const key = stringAt(expression, 'key') ?? '';
    const values = arrayAt(expression, 'values').join(',');
    const operator = stringAt(expression, 'operator');
    if (operator === 'Exists') parts.push(key);
    else if (operator === 'DoesNotExist') parts.push(`!${key}`);
    else parts.push(`${key} ${operator === 'In' ? 'in' : 'notin'} (${values})`);
  }
  return parts.length === 0 ? '<none>' : parts.join(',');
}

const containers = (object: KubeObject, path: string[]) => arrayAt(object, ...path);

/** The CONTAINERS, IMAGES columns of `-o wide`. */
export const containerColumns = (...podSpec: string[]): Column[] => [
  {
    name: 'Containers',
    type: 'string',
    priority: 1,
    cell: (object) =>
      containers(object, [...podSpec, 'containers'])
        .map((item) => stringAt(item, 'name'))
        .join(','),
  },
  {
    name: 'Images',
    type: 'string',
    priority: 1,
    cell: (object) =>
      containers(object, [...podSpec, 'containers'])
        .map((item) => stringAt(item, 'image'))
        .join(','),
  },
];
