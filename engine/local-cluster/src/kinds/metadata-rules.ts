import type { KubeObject } from '@backstay/shared';
import { isObject } from '../json.ts';
import { type Cause, forbiddenValue, invalidValue, requiredValue } from '../registry/api-error.ts';
import type { Kind } from './kind.ts';
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './names.ts';

const maxAnnotationBytes = 256 * 1024;

export function validateMetadata(kind: Kind, object: KubeObject): Cause[] {
  const { name, namespace, labels, annotations, ownerReferences, finalizers } = object.metadata;
  return [
    ...validateName(kind, name),
    ...(kind.namespaced && namespace !== undefined ? namespaceCauses(namespace) : []),
    ...validateLabels('metadata.labels', labels),
    ...validateAnnotations(annotations),
    ...validateOwners(ownerReferences),
    ...validateFinalizers(finalizers),
  ];
}

function validateName(kind: Kind, name: string): Cause[] {
  if (!name) return [requiredValue('metadata.name', 'name or generateName is required')];
  const wrong = (kind.strategy.validateName ?? dnsSubdomain)(name);
  return wrong ? [invalidValue('metadata.name', name, wrong)] : [];
}

function namespaceCauses(namespace: string): Cause[] {
  const wrong = dnsLabel(namespace);
  return wrong ? [invalidValue('metadata.namespace', namespace, wrong)] : [];
}

export function validateLabels(field: string, labels: unknown): Cause[] {
  if (!isObject(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => {
    const wrongKey = qualifiedName(key);
    const wrongValue = labelValue(String(value));
    return [
      ...(wrongKey ? [invalidValue(field, key, wrongKey)] : []),
      ...(wrongValue ? [invalidValue(field, value, wrongValue)] : []),
    ];
  });
}

function validateAnnotations(annotations: Record<string, string> | undefined): Cause[] {
  let bytes = 0;
  const causes: Cause[] = [];
  for (const [key, value] of Object.entries(annotations ?? {})) {
    const wrong = qualifiedName(key.toLowerCase());
    if (wrong) causes.push(invalidValue('metadata.annotations', key, wrong));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxAnnotationBytes) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
      field: 'metadata.annotations',
    });
  }
  return causes;
}

function validateOwners(owners: unknown): Cause[] {
  if (!Array.isArray(owners)) return [];
  const causes = owners.flatMap((owner: Record<string, unknown>, index) =>
    ['apiVersion', 'kind', 'name', 'uid']
      .filter((member) => !owner[member])
      .map((member) => invalidValue(`metadata.ownerReferences[${index}].${member}`, '', `${member} must not be empty`)),
  );
  const controllers = owners.filter((owner: Record<string, unknown>) => owner['controller'] === true);
  if (controllers.length > 1) {
    causes.push(
      invalidValue(
        'metadata.ownerReferences',
        owners,
        'Only one reference can have Controller set to true. Found "true" in references for several owners',
      ),
    );
  }
  return causes;
}

function validateFinalizers(finalizers: string[] | undefined): Cause[] {
  return (finalizers ?? []).flatMap((finalizer) => {
    const wrong = qualifiedName(finalizer);
    return wrong ? [invalidValue('metadata.finalizers', finalizer, wrong)] : [];
  });
}

/** What an update may not do to metadata. */
export function validateMetadataUpdate(object: KubeObject, old: KubeObject): Cause[] {
  if (old.metadata.deletionTimestamp === undefined) return [];
  const before = new Set(old.metadata.finalizers ?? []);
  const added = (object.metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer));
  return added.length === 0
    ? []
    : [
        forbiddenValue(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
        ),
      ];
}
