import { dnsLabelPattern, dnsSubdomainPattern } from '@backstay/shared';

const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualifiedRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const tooLong = (limit: number) => `must be no more than ${limit} bytes`;

/* Each answers what is wrong with a name, or undefined. */
export function dnsLabel(name: string): string | undefined {
  if (name.length > 63) return tooLong(63);
  return dnsLabelPattern.test(name) ? undefined : labelRule;
}

export function dnsSubdomain(name: string): string | undefined {
  if (name.length > 253) return tooLong(253);
  return dnsSubdomainPattern.test(name) ? undefined : subdomainRule;
}

/** Names of RBAC objects: anything that can stand in a path. */
export function pathSegment(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`;
  const bad = ['/', '%'].find((character) => name.includes(character));
  return bad ? `may not contain '${bad}'` : undefined;
}

export function qualifiedName(name: string): string | undefined {
  const parts = name.split('/');
  const [prefix, short] = parts.length === 2 ? [parts[0], parts[1]] : [undefined, parts[0]];
  if (parts.length > 2 || short === undefined) {
    return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
  }
  if (prefix === '') return 'prefix part must be non-empty';
  const wrongPrefix = prefix === undefined ? undefined : dnsSubdomain(prefix);
  if (wrongPrefix) return `prefix part ${wrongPrefix}`;
  if (short === '') return 'name part must be non-empty';
  if (short.length > 63) return 'name part must be no more than 63 bytes';
  return /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(short) ? undefined : qualifiedRule;
}

export function labelValue(value: string): string | undefined {
  if (value.length > 63) return tooLong(63);
  return /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) ? undefined : labelValueRule;
}

/** Environment variable names: any printable ASCII but "=". */
export const environmentName = (name: string): string | undefined =>
  /^[\x20-\x3c\x3e-\x7e]+$/.test(name)
    ? undefined
    : "a valid environment variable name must consist only of printable ASCII characters other than '='";

/** Keys of ConfigMaps and Secrets. */
export function dataKey(key: string): string | undefined {
  if (key.length > 253) return tooLong(253);
  if (key === '.' || key === '..') return `must not be '${key}'`;
  return /^[-._a-zA-Z0-9]+$/.test(key)
    ? undefined
    : "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
}
