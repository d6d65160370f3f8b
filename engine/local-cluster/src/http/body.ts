import type { IncomingMessage } from 'node:http';
import { isObject, type JsonObject } from '../json.ts';
import { ApiError, badRequest } from '../registry/api-error.ts';
import { duplicateFields } from './duplicate-fields.ts';

const maxBytes = 3 * 1024 * 1024;

export interface Body {
  value: unknown;
  /** Paths of members that stand twice. */
  duplicates: string[];
}

const tooLarge = () =>
  new ApiError(413, 'RequestEntityTooLarge', { message: `Request entity too large: limit is ${maxBytes}` });

export async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export const readText = async (request: IncomingMessage): Promise<string> =>
  (await readBytes(request)).toString('utf8');

export const mediaType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';

const readable = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** Reads a JSON, YAML or protobuf body; an empty one is `whenEmpty`. ApiError 400, 413, 415. */
export async function readBody(request: IncomingMessage, whenEmpty = ''): Promise<Body> {
  const type = mediaType(request);
  if (!readable.includes(type)) {
    throw new ApiError(415, 'UnsupportedMediaType', {
      message: `the body of the request was in an unknown format - accepted media types include: ${readable.join(', ')}`,
    });
  }
  const bytes = await readBytes(request);
  if (bytes.length === 0 && whenEmpty !== '') return parseJson(whenEmpty);
  if (type === 'application/vnd.kubernetes.protobuf') {
    const { decodeProtobuf } = await import('../protobuf/decode.ts');
    return { value: decodeProtobuf(bytes), duplicates: [] };
  }
  const text = bytes.toString('utf8');
  return type === 'application/yaml' ? await parseYaml(text) : parseJson(text);
}

export function parseJson(text: string): Body {
  try {
    const value: unknown = JSON.parse(text);
    return { value, duplicates: duplicateFields(text) };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

export async function parseYaml(text: string): Promise<Body> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false, merge: false });
  const [wrong] = document.errors;
  if (wrong) throw badRequest(`error converting YAML to JSON: ${wrong.message}`);
  try {
    const json = JSON.stringify(document.toJS({ maxAliasCount: 100 }));
    return { ...parseJson(json ?? 'null'), duplicates: [] };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message}`);
  }
}

export function objectBody({ value }: Body): JsonObject {
  if (!isObject(value)) throw badRequest('the body of the request must be an object');
  return value;
}
