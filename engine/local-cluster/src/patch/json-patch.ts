import { cloneJson, isObject, sameJson } from '../json.ts';
import { ApiError, badRequest } from '../registry/api-error.ts';

const refused = (message: string) =>
  new ApiError(422, 'Invalid', {
    message: `the server rejected our request due to an error in our request: ${message}`,
  });

/** RFC 6902 on a copy. ApiError 400 for what is no patch, 422 for one that does not fit the document. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch must be a list of operations');
  if (patch.length > 10_000) throw badRequest('the allowed maximum operations in a JSON patch is 10000');
  return patch.reduce<unknown>(applyOne, cloneJson(document));
}

function applyOne(document: unknown, operation: unknown): unknown {
  if (!isObject(operation) || typeof operation['path'] !== 'string') throw badRequest('an operation needs op and path');
  const path = pointer(operation['path']);
  switch (operation['op']) {
    case 'add':
      return add(document, path, cloneJson(operation['value']));
    case 'remove':
      return remove(document, path);
    case 'replace':
      read(document, path);
      return path.length === 0
        ? cloneJson(operation['value'])
        : add(remove(document, path), path, cloneJson(operation['value']));
    case 'test':
      if (!sameJson(read(document, path), operation['value'])) {
        throw refused(`testing value ${operation['path']} failed`);
      }
      return document;
    case 'move':
    case 'copy': {
      const from = pointer(String(operation['from'] ?? ''));
      const value = cloneJson(read(document, from));
      return add(operation['op'] === 'move' ? remove(document, from) : document, path, value);
    }
    default:
      throw badRequest(`unexpected operation ${JSON.stringify(operation['op'])}`);
  }
}

function pointer(text: string): string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw badRequest(`the path ${JSON.stringify(text)} does not begin with "/"`);
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const missing = (path: readonly string[]) => refused(`the path "/${path.join('/')}" does not exist`);

function read(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, part) => {
    if (Array.isArray(value) && /^(0|[1-9][0-9]*)$/.test(part) && Number(part) < value.length)
      return value[Number(part)];
    if (isObject(value) && Object.hasOwn(value, part)) return value[part];
    throw missing(path);
  }, document);
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw missing(path);
    parent.splice(index, 0, value);
  } else if (isObject(parent)) parent[last] = value;
  else throw missing(path);
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  read(document, path);
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isObject(parent)) delete parent[last];
  return document;
}
