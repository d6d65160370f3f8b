import { arrayAt, at, isObject, type JsonObject, objectAt } from '../json.ts';
import { type Cause, duplicateValue, invalidValue, requiredValue, unsupportedValue } from '../registry/api-error.ts';
import { dnsLabel, environmentName } from './names.ts';
import { validateResources } from './quantity.ts';

const fill = (object: JsonObject, defaults: JsonObject) => {
  for (const [key, value] of Object.entries(defaults)) object[key] ??= value;
};

/** Fills a Pod spec, alone or in a template, as Kubernetes does. */
export function defaultPodSpec(spec: JsonObject): void {
  fill(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  if (spec['serviceAccountName'] !== undefined) spec['serviceAccount'] = spec['serviceAccountName'];
  else if (spec['serviceAccount'] !== undefined) spec['serviceAccountName'] = spec['serviceAccount'];
  for (const container of containersOf(spec)) defaultContainer(container);
  for (const volume of arrayAt(spec, 'volumes')) if (isObject(volume)) defaultVolume(volume);
}

export const containersOf = (spec: JsonObject): JsonObject[] =>
  [...arrayAt(spec, 'initContainers'), ...arrayAt(spec, 'containers')].filter(isObject);

function defaultContainer(container: JsonObject): void {
  const image = String(container['image'] ?? '');
  fill(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: /:(?!latest$)[^/]+$|@/.test(image) ? 'IfNotPresent' : 'Always',
  });
  for (const port of arrayAt(container, 'ports')) if (isObject(port)) port['protocol'] ??= 'TCP';
  for (const variable of arrayAt(container, 'env')) {
    const reference = objectAt(variable, 'valueFrom', 'fieldRef');
    if (reference) reference['apiVersion'] ??= 'v1';
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const found = objectAt(container, probe);
    if (found) fill(found, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  }
}

function defaultVolume(volume: JsonObject): void {
  for (const source of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    const found = objectAt(volume, source);
    if (found) found['defaultMode'] ??= 420;
  }
  const host = objectAt(volume, 'hostPath');
  if (host) host['type'] ??= '';
  if (Object.keys(volume).length === 1) volume['emptyDir'] = {};
}

/** What Kubernetes refuses in a Pod spec. `field` is where it stands. */
export function validatePodSpec(spec: JsonObject, field: string): Cause[] {
  const causes: Cause[] = [];
  const policy = spec['restartPolicy'];
  if (!['Always', 'OnFailure', 'Never'].includes(String(policy))) {
    causes.push(unsupportedValue(`${field}.restartPolicy`, policy, ['Always', 'OnFailure', 'Never']));
  }
  const volumes = arrayAt(spec, 'volumes').filter(isObject);
  causes.push(...validateVolumes(volumes, `${field}.volumes`));
  const known = new Set(volumes.map((volume) => volume['name']));
  const names = new Set<unknown>();
  if (arrayAt(spec, 'containers').length === 0) causes.push(requiredValue(`${field}.containers`));
  for (const list of ['initContainers', 'containers']) {
    for (const [index, container] of arrayAt(spec, list).entries()) {
      if (!isObject(container)) continue;
      causes.push(...validateContainer(container, { field: `${field}.${list}[${index}]`, names, known }));
    }
  }
  return causes;
}

function validateVolumes(volumes: JsonObject[], field: string): Cause[] {
  const seen = new Set<unknown>();
  return volumes.flatMap((volume, index) => {
    const causes = validateLabelName(volume['name'], `${field}[${index}].name`);
    if (seen.has(volume['name'])) causes.push(duplicateValue(`${field}[${index}].name`, volume['name']));
    seen.add(volume['name']);
    if (at(volume, 'secret') !== undefined && !at(volume, 'secret', 'secretName')) {
      causes.push(requiredValue(`${field}[${index}].secret.secretName`));
    }
    return causes;
  });
}

function validateLabelName(name: unknown, field: string): Cause[] {
  if (!name) return [requiredValue(field)];
  const wrong = dnsLabel(String(name));
  return wrong ? [invalidValue(field, name, wrong)] : [];
}

interface ContainerContext {
  field: string;
  /** Names of the containers before this one. */
  names: Set<unknown>;
  /** Names of the volumes. */
  known: Set<unknown>;
}

function validateContainer(container: JsonObject, { field, names, known }: ContainerContext): Cause[] {
  const causes = validateLabelName(container['name'], `${field}.name`);
  if (names.has(container['name'])) causes.push(duplicateValue(`${field}.name`, container['name']));
  names.add(container['name']);
  if (!container['image']) causes.push(requiredValue(`${field}.image`));
  causes.push(...validateEnvironment(container, field), ...validateMounts(container, { field, known }));
  causes.push(...validateResources(container['resources'], `${field}.resources`));
  const pull = container['imagePullPolicy'];
  if (!['Always', 'IfNotPresent', 'Never'].includes(String(pull))) {
    causes.push(unsupportedValue(`${field}.imagePullPolicy`, pull, ['Always', 'IfNotPresent', 'Never']));
  }
  return causes;
}

function validateEnvironment(container: JsonObject, field: string): Cause[] {
  return arrayAt(container, 'env').flatMap((variable, index) => {
    const name = at(variable, 'name');
    if (!name) return [requiredValue(`${field}.env[${index}].name`)];
    const wrong = environmentName(String(name));
    const causes = wrong ? [invalidValue(`${field}.env[${index}].name`, name, wrong)] : [];
    if (at(variable, 'value') && at(variable, 'valueFrom')) {
      causes.push(
        invalidValue(`${field}.env[${index}].valueFrom`, '', 'may not be specified when `value` is not empty'),
      );
    }
    return causes;
  });
}

function validateMounts(container: JsonObject, { field, known }: { field: string; known: Set<unknown> }): Cause[] {
  const paths = new Set<unknown>();
  return arrayAt(container, 'volumeMounts').flatMap((mount, index) => {
    const place = `${field}.volumeMounts[${index}]`;
    const causes: Cause[] = [];
    const name = at(mount, 'name');
    const path = at(mount, 'mountPath');
    if (!name) causes.push(requiredValue(`${place}.name`));
    else if (!known.has(name)) {
      causes.push({
        reason: 'FieldValueNotFound',
        message: `Not found: ${JSON.stringify(name)}`,
        field: `${place}.name`,
      });
    }
    if (!path) causes.push(requiredValue(`${place}.mountPath`));
    else if (paths.has(path)) causes.push(invalidValue(`${place}.mountPath`, path, 'must be unique'));
    paths.add(path);
    return causes;
  });
}
