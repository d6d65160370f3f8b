import type { JsonObject } from '../json.ts';
import { badRequest } from '../registry/api-error.ts';
import { protobufFields } from './protobuf-fields.gen.ts';
import { type WireField, wireFields } from './wire.ts';

/** Field number, JSON name (empty: inlined), kind, message type, flags: r repeated, m map, k kept when zero. */
type Member = [number, string, string, string, string];

let table: Record<string, Member[]> | undefined;
let byKind: Map<string, string> | undefined;

function typeOfKind(kind: string): string | undefined {
  table ??= JSON.parse(protobufFields) as Record<string, Member[]>;
  byKind ??= new Map(Object.keys(table).map((name) => [name.slice(name.lastIndexOf('.') + 1), name]));
  return byKind.get(kind);
}

const magic = Buffer.from('k8s\0');

/** Reads an object that a Kubernetes client sent as protobuf. ApiError 400. */
export function decodeProtobuf(bytes: Buffer): JsonObject {
  if (!bytes.subarray(0, 4).equals(magic)) throw badRequest('the body is not protobuf as Kubernetes frames it');
  const envelope = new Map([...wireFields(bytes.subarray(4))].map(({ number, value }) => [number, value]));
  const meta = new Map([...wireFields(buffer(envelope.get(1)))].map(({ number, value }) => [number, value]));
  const apiVersion = buffer(meta.get(1)).toString();
  const kind = buffer(meta.get(2)).toString();
  const type = typeOfKind(kind);
  if (!type) throw badRequest(`a ${kind} is not read from protobuf: send it as JSON`);
  return { apiVersion, kind, ...decodeMessage(type, buffer(envelope.get(2))) };
}

const buffer = (value: unknown): Buffer => (Buffer.isBuffer(value) ? value : Buffer.alloc(0));

function decodeMessage(type: string, bytes: Buffer): JsonObject {
  const members = new Map((table?.[type] ?? []).map((member) => [member[0], member]));
  const out: JsonObject = {};
  for (const field of wireFields(bytes)) {
    const member = members.get(field.number);
    if (member) put(out, member, field);
  }
  return out;
}

function put(out: JsonObject, member: Member, { value }: WireField): void {
  const [, name, , , flags] = member;
  if (flags.includes('m')) {
    const entry = mapEntry(member, buffer(value));
    const existing = out[name];
    out[name] = { ...(typeof existing === 'object' ? existing : {}), ...entry };
    return;
  }
  const decoded = decodeValue(member, value);
  if (name === '') Object.assign(out, decoded);
  else if (flags.includes('r')) out[name] = [...((out[name] as unknown[] | undefined) ?? []), decoded];
  else if (flags.includes('k') || !isZero(decoded)) out[name] = decoded;
}

const isZero = (value: unknown) => value === '' || value === 0 || value === false || value === undefined;

function mapEntry(member: Member, bytes: Buffer): JsonObject {
  let key = '';
  let value: unknown = decodeValue(member, Buffer.alloc(0));
  for (const field of wireFields(bytes)) {
    if (field.number === 1) key = buffer(field.value).toString();
    if (field.number === 2) value = decodeValue(member, field.value);
  }
  return { [key]: value };
}

function decodeValue([, , kind, type]: Member, value: WireField['value']): unknown {
  switch (kind) {
    case 'string':
      return buffer(value).toString();
    case 'bytes':
      return buffer(value).toString('base64');
    case 'bool':
      return typeof value === 'bigint' && value !== 0n;
    case 'int':
      return typeof value === 'bigint' ? Number(value) : 0;
    case 'double':
      return typeof value === 'number' ? value : 0;
    case 'message':
      return decodeMessage(type, buffer(value));
    default:
      return decodeSpecial(kind, new Map([...wireFields(buffer(value))].map((field) => [field.number, field.value])));
  }
}

function decodeSpecial(kind: string, fields: Map<number, WireField['value']>): unknown {
  const first = fields.get(1);
  switch (kind) {
    case 'time':
      return timeOf(first, fields.get(2));
    case 'quantity':
      return buffer(first).toString();
    case 'intOrString':
      return first === 1n ? buffer(fields.get(3)).toString() : Number(fields.get(2) ?? 0);
    case 'json':
      return first === undefined ? undefined : JSON.parse(buffer(first).toString());
    case 'duration':
      return `${Number(first ?? 0) / 1e9}s`;
    default:
      return [...fields.values()].map((item) => buffer(item).toString());
  }
}

/** RFC 3339; fractions only where the client sent some. */
function timeOf(seconds: WireField['value'] | undefined, nanos: WireField['value'] | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const micros = Math.floor(Number(nanos ?? 0) / 1000);
  return micros > 0 ? `${text}.${String(micros).padStart(6, '0')}Z` : `${text}Z`;
}
