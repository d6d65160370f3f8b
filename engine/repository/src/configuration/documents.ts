import { z } from 'zod';
import { withCanonicalKeys } from './canonical-keys.ts';
import { MisconfiguredError } from './misconfigured-error.ts';

/* What the server reads of the documents. Deliberately looser than the custom resource definitions: files are not checked
 * by an API server, and unknown roles must deny instead of breaking the object. */

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
const secretEntry = z
  .object({ name: text, entry: text })
  .nullish()
  .transform((value) => (value && value.name !== '' ? value : undefined));
const size = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .transform((value) => value ?? '');

const grantedObject = z.object({ name: text, type: text, roles: texts });
const accessKey = z.object({
  name: text,
  password: text,
  passwordFromRef: secretEntry,
  objects: listOf(grantedObject),
});

const userSpec = z.object({
  email: text,
  roles: texts,
  password: text,
  passwordFromRef: secretEntry,
  accessKeys: listOf(accessKey),
  deactivated: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  restrictByIP: texts,
});

const accessEntry = z
  .object({ name: text, userName: text, type: text, roles: texts })
  .transform(({ name, userName, type, roles }) => ({
    name: name === '' ? userName : name,
    type: type === '' ? 'user' : type,
    roles,
  }));

const collectionSpec = z.object({
  filenameTemplate: text,
  maxBackupsCount: z
    .int()
    .nullish()
    .transform((value) => value ?? 0),
  maxOneVersionSize: size,
  maxCollectionSize: size,
  windows: listOf(z.object({ from: text, duration: text })),
  strategyName: text,
  strategySpec: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {}),
  healthSecretRef: secretEntry,
  accessControl: listOf(accessEntry),
});

const document = <T extends z.ZodType>(spec: T) => z.object({ metadata: z.object({ name: z.string() }), spec });
const userDocument = document(userSpec);
const collectionDocument = document(collectionSpec);
const secretDocument = z.object({
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.unknown()).nullish(),
});

export type AccessKeyDocument = z.infer<typeof accessKey>;
export type UserDocument = z.infer<typeof userSpec> & { readonly name: string };
export type CollectionDocument = z.infer<typeof collectionSpec> & { readonly name: string };

const fieldNames = [
  ...['metadata', 'name', 'spec', 'data', 'entry', 'type', 'roles', 'objects', 'from', 'duration', 'email', 'password'],
  ...['passwordFromRef', 'accessKeys', 'deactivated', 'restrictByIP', 'userName', 'filenameTemplate'],
  ...['maxBackupsCount', 'maxOneVersionSize', 'maxCollectionSize', 'windows', 'strategyName', 'healthSecretRef'],
  ...[
    'accessControl',
    'strategySpec',
    'keepLastOlderNotMoreThan',
    'maxOlderCopies',
    'keepLast',
    'keepHourly',
    'keepDaily',
  ],
  ...['keepWeekly', 'keepMonthly', 'keepYearly', 'timeZone', 'minimumAge', 'minimumCount'],
];

const read = <T extends { metadata: { name: string } }>(schema: z.ZodType<T>, raw: unknown, label: string): T => {
  const result = schema.safeParse(raw);
  if (!result.success) {
    const fields = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new MisconfiguredError(`${label} cannot be read; check the fields: ${fields}`);
  }
  return result.data;
};

const named = (found: string, wanted: string, label: string): void => {
  if (found !== wanted) {
    throw new MisconfiguredError(`${label} says another name in metadata.name`);
  }
};

export const readUser = (raw: unknown, name: string): UserDocument => {
  const label = `BackupUser ${name}`;
  const parsed = read(userDocument, withCanonicalKeys(raw, fieldNames), label);
  named(parsed.metadata.name, name, label);
  return { name, ...parsed.spec };
};

export const readCollection = (raw: unknown, name: string): CollectionDocument => {
  const label = `BackupCollection ${name}`;
  const parsed = read(collectionDocument, withCanonicalKeys(raw, fieldNames), label);
  named(parsed.metadata.name, name, label);
  return { name, ...parsed.spec };
};

/** Undefined: the entry is absent, empty or no text. */
export const readSecretEntry = (raw: unknown, name: string, entry: string): string | undefined => {
  const label = `Secret ${name}`;
  const parsed = read(secretDocument, raw, label);
  named(parsed.metadata.name, name, label);
  const data = parsed.data ?? {};
  const value = Object.hasOwn(data, entry) ? data[entry] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** The spec as it stands, unchecked, with the known field names in their usual spelling. */
export const specOf = (raw: unknown): Record<string, unknown> => {
  const canonical = withCanonicalKeys(raw, fieldNames);
  const spec: unknown =
    typeof canonical === 'object' && canonical !== null && 'spec' in canonical ? canonical.spec : {};
  return typeof spec === 'object' && spec !== null && !Array.isArray(spec) ? { ...spec } : {};
};
