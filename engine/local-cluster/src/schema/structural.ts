import { arrayAt, isObject, type JsonObject, stringAt } from '../json.ts';
import { type Cause, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../registry/api-error.ts';
import { ruleProblem } from './rules.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** What keeps a schema from being structural: every value must have one type that is known without looking at the value. */
export function structuralCauses(schema: JsonObject, field: string): Cause[] {
  const causes = visit(schema, field);
  if (schema['type'] !== 'object') {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(schema['type'] ?? '')}: must be object at the root`,
      field: `${field}.type`,
    });
  }
  return causes;
}

function visit(schema: JsonObject, field: string): Cause[] {
  const causes = [...typeCauses(schema, field), ...ruleCauses(schema, field)];
  if (schema['properties'] && schema['additionalProperties']) {
    causes.push(
      forbiddenValue(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  }
  for (const [name, property] of Object.entries(isObject(schema['properties']) ? schema['properties'] : {})) {
    if (isObject(property)) causes.push(...visit(property, `${field}.properties[${name}]`));
  }
  if (isObject(schema['items'])) causes.push(...visit(schema['items'], `${field}.items`));
  else if (schema['type'] === 'array') causes.push(requiredValue(`${field}.items`, 'must be specified'));
  const additional = schema['additionalProperties'];
  if (isObject(additional)) causes.push(...visit(additional, `${field}.additionalProperties`));
  if (schema['uniqueItems'] === true) {
    causes.push(
      forbiddenValue(
        `${field}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  if (schema['$ref'] !== undefined) causes.push(forbiddenValue(`${field}.$ref`, '$ref is not supported'));
  return causes;
}

function ruleCauses(schema: JsonObject, field: string): Cause[] {
  return arrayAt(schema, 'x-kubernetes-validations').flatMap((entry, index) => {
    const rule = stringAt(entry, 'rule') ?? '';
    const problem = rule === '' ? 'rule is not specified' : ruleProblem(rule);
    const place = `${field}.x-kubernetes-validations[${index}].rule`;
    return problem === undefined ? [] : [invalidValue(place, rule, `compilation failed: ${problem}`)];
  });
}

function typeCauses(schema: JsonObject, field: string): Cause[] {
  const type = schema['type'];
  if (schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true)
    return [];
  if (type === undefined || type === '') {
    return [requiredValue(`${field}.type`, 'must not be empty for specified object fields')];
  }
  return types.includes(String(type)) ? [] : [unsupportedValue(`${field}.type`, type, types)];
}
