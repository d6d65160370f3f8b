import { cloneJson, type JsonObject } from '../json.ts';
import type { Kind } from '../kinds/kind.ts';
import { badRequest } from '../registry/api-error.ts';
import { decodeObject } from '../registry/normalise.ts';
import type { Exchange } from './exchange.ts';
import { addWarnings } from './respond.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export function fieldValidation(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation') || 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw badRequest(`fieldValidation: Unsupported value: "${value}": supported values: "Ignore", "Strict", "Warn"`);
}

/** Refuses or warns of members that the kind does not know or that stand twice, as the request wants it. */
export function checkFields(exchange: Exchange, kind: Kind, given: { object: JsonObject; duplicates: string[] }): void {
  const mode = fieldValidation(exchange.query);
  if (mode === 'Ignore') return;
  const unknown = decodeObject(kind, cloneJson(given.object));
  const problems = [
    ...given.duplicates.map((path) => `duplicate field "${path}"`),
    ...unknown.map((path) => `unknown field "${path}"`),
  ].sort();
  if (problems.length === 0) return;
  if (mode === 'Warn') {
    addWarnings(exchange.response, problems);
    return;
  }
  throw badRequest(
    `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${problems.join(', ')}`,
  );
}
