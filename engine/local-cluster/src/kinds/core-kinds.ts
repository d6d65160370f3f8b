import type { KubeObject } from '@backstay/shared';
import { arrayAt, at, ensureObject, isObject, objectAt, sameJson, stringAt } from '../json.ts';
import { type Cause, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../registry/api-error.ts';
import type { Strategy } from './kind.ts';
import { dataKey, dnsLabel } from './names.ts';

const maxSecretBytes = 1024 * 1024;

export const namespaceStrategy: Strategy = {
  validateName: dnsLabel,
  prepareCreate(object) {
    ensureObject(object, 'spec')['finalizers'] = ['kubernetes'];
    object['status'] = { phase: 'Active' };
  },
  prepareUpdate(object, old) {
    object['spec'] = old['spec'];
  },
  defaults(object) {
    const metadata = ensureObject(object, 'metadata');
    if (metadata['name']) ensureObject(metadata, 'labels')['kubernetes.io/metadata.name'] = metadata['name'];
  },
};

const bytesOf = (data: unknown): number =>
  Object.values(isObject(data) ? data : {}).reduce((sum: number, value) => sum + String(value).length, 0);

function validateKeys(object: KubeObject, member: string): Cause[] {
  return Object.keys(objectAt(object, member) ?? {}).flatMap((key) => {
    const wrong = dataKey(key);
    return wrong ? [invalidValue(`${member}[${key}]`, key, wrong)] : [];
  });
}

function validateImmutable(object: KubeObject, old: KubeObject | undefined, members: readonly string[]): Cause[] {
  if (old?.['immutable'] !== true) return [];
  const causes: Cause[] = [];
  const set = 'field is immutable when `immutable` is set';
  if (object['immutable'] !== true) causes.push(forbiddenValue('immutable', set));
  for (const member of members) if (!sameJson(object[member], old[member])) causes.push(forbiddenValue(member, set));
  return causes;
}

export const secretStrategy: Strategy = {
  defaults(object) {
    object['type'] ??= 'Opaque';
    const plain = objectAt(object, 'stringData');
    if (plain) {
      const data = ensureObject(object, 'data');
      for (const [key, value] of Object.entries(plain)) data[key] = Buffer.from(String(value)).toString('base64');
    }
    delete object['stringData'];
  },
  validate(object, old) {
    const causes = [...validateKeys(object, 'data'), ...validateImmutable(object, old, ['data'])];
    const data = objectAt(object, 'data') ?? {};
    if ((bytesOf(data) * 3) / 4 > maxSecretBytes) {
      causes.push({
        reason: 'FieldValueTooLong',
        message: `Too long: may not be more than ${maxSecretBytes} bytes`,
        field: 'data',
      });
    }
    if (old && object['type'] !== old['type']) causes.push(invalidValue('type', object['type'], 'field is immutable'));
    for (const key of requiredSecretKeys[String(object['type'])] ?? []) {
      if (data[key] === undefined) causes.push(requiredValue(`data[${key}]`));
    }
    return causes;
  },
};

const requiredSecretKeys: Record<string, readonly string[]> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
};

export const configMapStrategy: Strategy = {
  validate(object, old) {
    const causes = [
      ...validateKeys(object, 'data'),
      ...validateKeys(object, 'binaryData'),
      ...validateImmutable(object, old, ['data', 'binaryData']),
    ];
    if (bytesOf(object['data']) + bytesOf(object['binaryData']) > maxSecretBytes) {
      causes.push({
        reason: 'FieldValueTooLong',
        message: `Too long: may not be more than ${maxSecretBytes} bytes`,
        field: '',
      });
    }
    return causes;
  },
};

export const eventStrategy: Strategy = {
  validate(object, old) {
    if (old) return [];
    const involved = stringAt(object, 'involvedObject', 'namespace') ?? '';
    const namespace = object.metadata.namespace ?? '';
    return involved === namespace || (involved === '' && namespace === 'default')
      ? []
      : [invalidValue('involvedObject.namespace', involved, 'does not match event.namespace')];
  },
};

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

export const claimStrategy: Strategy = {
  defaults(object) {
    ensureObject(object, 'spec')['volumeMode'] ??= 'Filesystem';
  },
  prepareCreate(object) {
    object['status'] = { phase: 'Pending' };
  },
  validate(object, old) {
    const modes = arrayAt(object, 'spec', 'accessModes');
    const causes: Cause[] = [];
    if (modes.length === 0) causes.push(requiredValue('spec.accessModes', 'at least 1 access mode is required'));
    for (const mode of modes) {
      if (!accessModes.includes(String(mode))) causes.push(unsupportedValue('spec.accessModes', mode, accessModes));
    }
    if (at(object, 'spec', 'resources', 'requests', 'storage') === undefined) {
      causes.push(requiredValue('spec.resources[storage]'));
    }
    const fixed = (of: KubeObject) => ({ ...objectAt(of, 'spec'), resources: undefined, volumeName: undefined });
    if (old && !sameJson(fixed(object), fixed(old))) {
      causes.push(
        forbiddenValue(
          'spec',
          'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
        ),
      );
    }
    return causes;
  },
};

export const leaseStrategy: Strategy = {
  validate(object) {
    const spec = objectAt(object, 'spec') ?? {};
    const causes: Cause[] = [];
    const seconds = spec['leaseDurationSeconds'];
    if (typeof seconds === 'number' && seconds <= 0) {
      causes.push(invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
    }
    const transitions = spec['leaseTransitions'];
    if (typeof transitions === 'number' && transitions < 0) {
      causes.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    }
    return causes;
  },
};
