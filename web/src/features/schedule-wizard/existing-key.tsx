import { useQuery } from '@tanstack/react-query';
import { messageOf } from '../../lib/api-error.ts';
import { secretsQuery } from '../../lib/queries/cluster.ts';
import { SelectField } from '../../ui/form/select-field.tsx';
import { useValues } from './wizard-context.tsx';
import type { WizardValues } from './wizard-values.ts';

type Entry = keyof WizardValues['existingKey'];

const entries: { field: Entry; label: string; help?: string }[] = [
  { field: 'publicKey', label: 'Entry with the public key' },
  { field: 'privateKey', label: 'Entry with the private key' },
  { field: 'passphraseKey', label: 'Entry with the passphrase', help: 'Empty when the private key has none.' },
];

/** Picks a Secret and its entries. Only names are read, never values. */
export function ExistingKey() {
  const { values, patch, problemAt } = useValues();
  const secrets = useQuery(secretsQuery(values.namespace));
  const { existingKey } = values;
  const change = (next: Partial<typeof existingKey>, field: string) =>
    patch({ existingKey: { ...existingKey, ...next } }, field);
  const keys = secrets.data?.items.find(({ name }) => name === existingKey.secretName)?.keys ?? [];
  const choices = (chosen: string) =>
    [...new Set([...keys, ...(chosen === '' ? [] : [chosen])])].map((value) => ({ value }));
  return (
    <>
      <SelectField
        name="key.secretName"
        label="Secret"
        value={existingKey.secretName}
        choices={(secrets.data?.items ?? []).map(({ name, keys: held }) => ({
          value: name,
          description: held.join(', '),
        }))}
        onChange={(secretName) => change({ secretName }, 'key.secretName')}
        problem={problemAt('key.secretName') ?? (secrets.error === null ? undefined : messageOf(secrets.error))}
        help={`Secrets of the namespace ${values.namespace}.`}
        required
      />
      {entries.map(({ field, label, help }) => (
        <SelectField
          key={field}
          name={`key.${field}`}
          label={label}
          value={existingKey[field]}
          choices={choices(existingKey[field])}
          onChange={(value) => change({ [field]: value }, `key.${field}`)}
          problem={problemAt(`key.${field}`)}
          help={help}
          required={field !== 'passphraseKey'}
        />
      ))}
    </>
  );
}
