import { type Collection, parseSize } from '@backstay/shared';
import { Form, FormSection } from '@patternfly/react-core';
import { formatBytes } from '../../lib/format.ts';
import { TextField } from '../../ui/form/field.tsx';
import { RadioChoices } from '../../ui/form/radio-choices.tsx';
import { SelectField } from '../../ui/form/select-field.tsx';
import { ExistingKey } from './existing-key.tsx';
import { useValues } from './wizard-context.tsx';

export function WhereStep({ collections }: { collections: readonly Collection[] }) {
  return (
    <Form className="bs-wizard-form" onSubmit={(event) => event.preventDefault()}>
      <CollectionSection collections={collections} />
      <KeySection />
    </Form>
  );
}

function CollectionSection({ collections }: { collections: readonly Collection[] }) {
  const { values, patch, problemAt } = useValues();
  return (
    <FormSection title="Collection" titleElement="h2">
      <RadioChoices
        name="collection"
        label="Collection"
        value={values.collectionMode}
        onChange={(collectionMode) => patch({ collectionMode }, 'collection')}
        choices={[
          {
            value: 'new',
            label: 'A new collection',
            description: 'Keeps the backups of this schedule within limits of its own.',
          },
          {
            value: 'existing',
            label: 'An existing collection',
            description:
              collections.length === 0
                ? 'There is none yet.'
                : 'Its backups share the limits, and the oldest leave first.',
            disabled: collections.length === 0,
          },
        ]}
      />
      {values.collectionMode === 'new' ? (
        <NewCollection />
      ) : (
        <SelectField
          name="collection.name"
          label="Collection"
          value={values.existingCollection}
          choices={collections.map((each) => ({
            value: each.name,
            description: `${each.versions} of ${each.maxVersions} backups, ${formatBytes(each.usedBytes)} of ${formatBytes(each.maxTotalBytes)}`,
          }))}
          onChange={(existingCollection) => patch({ existingCollection }, 'collection.name')}
          problem={problemAt('collection.name')}
          required
        />
      )}
    </FormSection>
  );
}

function NewCollection() {
  const { values, patch, problemAt } = useValues();
  const { newCollection } = values;
  const change = (next: Partial<typeof newCollection>, field: string) =>
    patch({ newCollection: { ...newCollection, ...next } }, field);
  const size = parseSize(newCollection.maxVersionSize);
  const count = Number(newCollection.maxVersions);
  const room = size === undefined || !(count > 0) ? undefined : formatBytes(size * count);
  return (
    <>
      <TextField
        name="collection.name"
        label="Name of the collection"
        value={newCollection.name}
        onChange={(name) => change({ name }, 'collection.name')}
        problem={problemAt('collection.name')}
        required
      />
      <div className="bs-pair">
        <TextField
          name="collection.maxVersions"
          label="Backups to keep"
          value={newCollection.maxVersions}
          onChange={(maxVersions) => change({ maxVersions }, 'collection.maxVersions')}
          problem={problemAt('collection.maxVersions')}
          help="The oldest leaves when a newer one is stored."
          type="number"
          required
        />
        <TextField
          name="collection.maxVersionSize"
          label="Largest backup"
          value={newCollection.maxVersionSize}
          onChange={(maxVersionSize) => change({ maxVersionSize }, 'collection.maxVersionSize')}
          problem={problemAt('collection.maxVersionSize')}
          help="For example 500M, 10G or 1T."
          required
        />
      </div>
      {room === undefined ? null : <p className="bs-subtle">At most about {room} of space will be used.</p>}
    </>
  );
}

function KeySection() {
  const { values, patch, problemAt } = useValues();
  return (
    <FormSection title="Encryption key" titleElement="h2">
      <p className="bs-subtle">
        Every backup is encrypted before it leaves the job. Without the private key nobody can read it, you included.
      </p>
      <RadioChoices
        name="key"
        label="Encryption key"
        value={values.keyMode}
        onChange={(keyMode) => patch({ keyMode }, 'key')}
        choices={[
          {
            value: 'generate',
            label: 'Generate a key',
            description: 'It is kept in a Secret of the namespace. You can download a recovery copy afterwards.',
          },
          {
            value: 'existing',
            label: 'Use a key that I have',
            description: 'An OpenPGP key pair in a Secret of the namespace.',
          },
        ]}
      />
      {values.keyMode === 'existing' ? <ExistingKey /> : null}
      <TextField
        name="key.email"
        label="E-mail address of the key"
        value={values.email}
        onChange={(email) => patch({ email }, 'key.email')}
        problem={problemAt('key.email')}
        help="Names the key. Nothing is sent to it."
        required
      />
    </FormSection>
  );
}
