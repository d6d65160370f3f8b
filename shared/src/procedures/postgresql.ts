import type { BuiltInProcedure } from './built-in-procedure.ts';
import {
  client,
  common,
  postgresqlBackup,
  postgresqlCheck,
  postgresqlClient,
  postgresqlCommon,
  postgresqlRestore,
} from './scripts.gen.ts';

const shebang = '#!/bin/bash\n';
const versions = ['12', '13', '14', '15', '16', '17', '18'];
const image = (version: string): string => `docker.io/library/postgres:${version}-bookworm`;

/** Older template sets named a version each, and their image by `pgbr`, which made the dump then. */
const versionAliases = versions.flatMap((version) => [`pg${version}`, `pgbr${version}`]);

export const postgresql: BuiltInProcedure = {
  name: 'postgresql',
  aliases: ['postgres', 'pgbr', ...versionAliases],
  title: 'PostgreSQL',
  description: 'One database, consistent while it is in use. A restore replaces it in one transaction: all or nothing.',
  category: 'database',
  image: image('18'),
  aliasImages: Object.fromEntries(versionAliases.map((alias) => [alias, image(alias.slice(-2))])),
  parameters: [
    {
      name: 'hostname',
      label: 'Host',
      help: 'Name or address of the server, as the job reaches it.',
      type: 'text',
      required: true,
      placeholder: 'localhost',
    },
    { name: 'port', label: 'Port', help: 'Usually 5432.', type: 'number', required: true, default: '5432' },
    {
      name: 'db',
      label: 'Database',
      help: 'It must exist, also for a restore.',
      type: 'text',
      required: true,
      placeholder: 'app',
    },
    {
      name: 'user',
      label: 'User',
      help: 'A user that may read everything in the database; for a restore, its owner.',
      type: 'text',
      required: true,
      placeholder: 'app',
    },
    { name: 'password', label: 'Password', help: 'Kept in a Secret.', type: 'password', required: true },
  ],
  backup: shebang + common + client + postgresqlCommon + postgresqlClient + postgresqlBackup,
  restore: shebang + common + client + postgresqlCommon + postgresqlClient + postgresqlRestore,
  check: shebang + common + postgresqlCommon + postgresqlCheck,
};
