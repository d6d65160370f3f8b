import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema?: unknown }> }>;
}
export interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
}

const root = path.join(import.meta.dirname, '../../../..');
const file = path.join(root, 'docs/api/repository.openapi.json');
const advice = 'Change the documentation of the route or the answer, then run: npm run generate';

/** The OpenAPI document as it is committed. */
export const document = JSON.parse(readFileSync(file, 'utf8')) as Document;

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'api');
const validators = new Map<string, ValidateFunction>();

const validatorOf = (pointer: readonly string[]): ValidateFunction => {
  const reference = `api#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  const known = validators.get(reference) ?? ajv.compile({ $ref: reference });
  validators.set(reference, known);
  return known;
};

const patterns = Object.keys(document.paths).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
}));

const templateOf = (method: string, requestPath: string): string | undefined =>
  patterns.find(({ template, pattern }) => pattern.test(requestPath) && document.paths[template]?.[method])?.template;

/** Throws when the document does not allow this answer of a route that it knows. */
export const mustBeDocumented = (
  target: { method: string; path: string },
  answer: { status: number; text: string; body: unknown },
): void => {
  const method = target.method.toLowerCase();
  const template = templateOf(method, target.path.split('?')[0] ?? '');
  // A path that cannot be decoded looks like a route and is none.
  if (template === undefined || (answer.status === 404 && answer.text === '404 page not found')) {
    return;
  }
  const label = `${target.method} ${template} answered ${answer.status}`;
  const response = document.paths[template]?.[method]?.responses[String(answer.status)];
  if (response === undefined) {
    throw new Error(`${label}, which its documentation does not name. ${advice}`);
  }
  // What nobody foresaw is answered with 500 and nothing else.
  const unforeseen = answer.status === 500 && answer.text === '';
  if (unforeseen || response.content?.['application/json']?.schema === undefined) {
    return;
  }
  const status = String(answer.status);
  const validate = validatorOf([
    'paths',
    template,
    method,
    'responses',
    status,
    'content',
    'application/json',
    'schema',
  ]);
  // Faults of the server may have no body.
  if (!(answer.status === 500 && answer.text === '') && !validate(answer.body)) {
    throw new Error(
      `${label} with another body than documented: ${ajv.errorsText(validate.errors)}: ${answer.text.slice(0, 500)}. ${advice}`,
    );
  }
};
