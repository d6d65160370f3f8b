import type { Parameter } from '../api/procedures.ts';

/* What every database server is asked by. */

export const hostParameter: Parameter = {
  name: 'hostname',
  label: 'Host',
  help: 'Name or address of the server, as the job reaches it.',
  type: 'text',
  required: true,
  placeholder: 'localhost',
};

export const portParameter = (usual: number): Parameter => ({
  name: 'port',
  label: 'Port',
  help: `Usually ${usual}.`,
  type: 'number',
  required: true,
  default: String(usual),
});

/** Of servers without anonymous access. */
export const accountParameters = (userHelp: string): Parameter[] => [
  { name: 'user', label: 'User', help: userHelp, type: 'text', required: true, placeholder: 'app' },
  { name: 'password', label: 'Password', help: 'Kept in a Secret.', type: 'password', required: true },
];
