import { isObject, type JsonObject } from '../json.ts';
import { message, repeated, text, truth, type WirePart } from '../protobuf/write.ts';

/* The field numbers are those of the message openapi.v2.Document, the only form of the document that kubectl reads. */

const members = (value: unknown): [string, JsonObject][] =>
  isObject(value) ? Object.entries(value).filter((entry): entry is [string, JsonObject] => isObject(entry[1])) : [];
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** What begins with `x-`, each as YAML, which JSON is. */
const extensions = (field: number, of: JsonObject): WirePart =>
  repeated(
    Object.entries(of).filter(([name]) => name.startsWith('x-')),
    ([name, value]) => message(field, text(1, name), message(2, text(2, `${JSON.stringify(value)}\n`))),
  );

function additional(value: unknown): WirePart {
  if (isObject(value)) return message(21, message(1, ...schemaParts(value)));
  return value === true ? message(21, truth(2, true)) : [];
}

/** What clients look for in a schema: how it is built, not the limits, which the server checks. */
function schemaParts(schema: JsonObject): WirePart[] {
  const { $ref, format, description, required, additionalProperties, type, items, properties } = schema;
  return [
    text(1, $ref),
    text(2, format),
    text(4, description),
    repeated(list(required), (name) => text(19, name)),
    additional(additionalProperties),
    typeof type === 'string' ? message(22, text(1, type)) : [],
    isObject(items) ? message(23, message(1, ...schemaParts(items))) : [],
    isObject(properties) ? message(25, namedSchemas(properties)) : [],
    extensions(31, schema),
  ];
}

const namedSchemas = (schemas: unknown): WirePart =>
  repeated(members(schemas), ([name, schema]) => message(1, text(1, name), message(2, ...schemaParts(schema))));

const parameter = ({ name }: JsonObject): WirePart =>
  message(8, message(1, message(2, message(3, text(2, 'query'), text(4, name), text(6, 'string')))));

const operation = (field: number, value: unknown): WirePart =>
  isObject(value)
    ? message(
        field,
        text(5, value['operationId']),
        repeated(list(value['parameters']).filter(isObject), parameter),
        message(9),
        extensions(13, value),
      )
    : [];

const operations = (path: JsonObject): WirePart[] =>
  ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'].map((method, index) =>
    operation(index + 2, path[method]),
  );

/** An OpenAPI v2 document of this cluster in the protobuf form that kubectl asks for. */
export function swaggerProtobuf({ swagger, info, paths, definitions }: JsonObject): Buffer {
  const { title, version } = isObject(info) ? info : {};
  const pathItems = repeated(members(paths), ([name, path]) =>
    message(2, text(1, name), message(2, ...operations(path))),
  );
  return Buffer.concat([
    ...text(1, swagger),
    ...message(2, text(1, title), text(2, version)),
    ...message(8, pathItems),
    ...message(9, namedSchemas(definitions)),
  ]);
}
