import { badRequest } from '../registry/api-error.ts';

const maxDepth = 500;

interface Level {
  /** Names seen in an object; absent in a list. */
  names?: Set<string>;
  index: number;
  path: string;
}

/**
 * The paths of members that stand twice in one object of valid JSON text; JSON.parse keeps the last without a word.
 * ApiError 400 for nesting that nobody needs.
 */
export function duplicateFields(json: string): string[] {
  const scan: Scan = { duplicates: new Set(), stack: [], key: '' };
  const tokens = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}[\],]/gs;
  for (let match = tokens.exec(json); match; match = tokens.exec(json)) {
    const [token, text, isName] = match;
    if (isName !== undefined) name(scan, text ?? '');
    else if (text === undefined) punctuation(scan, token);
  }
  return [...scan.duplicates];
}

interface Scan {
  duplicates: Set<string>;
  stack: Level[];
  /** The name last seen. */
  key: string;
}

function name(scan: Scan, text: string): void {
  const level = scan.stack.at(-1);
  scan.key = nameOf(text);
  if (level?.names?.has(scan.key)) scan.duplicates.add(pathBelow(level, scan.key));
  level?.names?.add(scan.key);
}

function punctuation(scan: Scan, token: string): void {
  const level = scan.stack.at(-1);
  if (token === '{' || token === '[') {
    scan.stack.push(opened(token, { level, key: scan.key }));
    if (scan.stack.length > maxDepth) throw badRequest(`the body is nested deeper than ${maxDepth} levels`);
  } else if (token !== ',') scan.stack.pop();
  else if (level) level.index += 1;
}

function opened(token: string, { level, key }: { level: Level | undefined; key: string }): Level {
  const path = pathBelow(level, key);
  return token === '{' ? { names: new Set(), index: 0, path } : { index: 0, path };
}

function pathBelow(level: Level | undefined, key: string): string {
  if (!level) return '';
  if (!level.names) return `${level.path}[${level.index}]`;
  return level.path === '' ? key : `${level.path}.${key}`;
}

function nameOf(raw: string): string {
  const name = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
  if (name === '__proto__') throw badRequest('a member named "__proto__" is not accepted');
  return name;
}
