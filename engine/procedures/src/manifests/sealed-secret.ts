import type { KubeObject } from '@backstay/shared';
import { parseAllDocuments } from 'yaml';
import { ProcedureError } from '../procedure-error.ts';

/** A SealedSecret that was given in place of a key: it is applied as it is, and its Secret holds the key. */
export interface SealedKey {
  readonly object: KubeObject;
  readonly name: string;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const invalid = (reason: string): ProcedureError => new ProcedureError(`SealedSecret is invalid: ${reason}`);

/**
 * Finds out whether key material is a SealedSecret document. Undefined: it is a plain key.
 *
 * @throws ProcedureError when it is one that cannot serve.
 */
export const parseSealedKey = (
  material: string,
  { namespace, childName }: { namespace: string; childName: string },
): SealedKey | undefined => {
  if (!material.includes('kind: SealedSecret')) return undefined;
  const object = parseDocument(material);
  const metadata = record(object['metadata']);
  const encrypted = record(record(object['spec'])['encryptedData']);
  if (typeof encrypted['gpg-key'] !== 'string' || encrypted['gpg-key'] === '')
    throw invalid('spec.encryptedData must have a non-empty entry gpg-key.');
  if ((metadata['namespace'] ?? '') !== namespace)
    throw invalid(`its namespace is "${String(metadata['namespace'] ?? '')}", but "${namespace}" is rendered.`);
  const name = metadata['name'];
  if (typeof name !== 'string' || name === '') throw invalid('metadata.name is missing.');
  if (name === childName) throw invalid(`it must not be named "${childName}": another Secret has that name.`);
  return { object: object as unknown as KubeObject, name };
};

const parseDocument = (material: string): Record<string, unknown> => {
  const [document] = parseAllDocuments(material, { prettyErrors: false });
  if (!document || !('errors' in document) || document.errors.length > 0) throw invalid('it is not YAML.');
  const object = record(document.toJS());
  if (object['kind'] !== 'SealedSecret') throw invalid('its kind is not SealedSecret.');
  return object;
};
