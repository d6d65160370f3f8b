import type { BuiltInProcedure } from './built-in-procedure.ts';
import {
  client,
  common,
  postgresqlAllBackup,
  postgresqlAllRestore,
  postgresqlAllSql,
  postgresqlBackup,
  postgresqlCheck,
  postgresqlClient,
  postgresqlCommon,
  postgresqlRestore,
} from './scripts.gen.ts';
import { accountParameters, hostParameter, portParameter } from './server-parameters.ts';

const shebang = '#!/bin/bash\n';
const versions = ['12', '13', '14', '15', '16', '17', '18'];
const image = (version: string): string => `docker.io/library/postgres:${version}-bookworm`;

/** Older template sets named a version each, and their image by `pgbr`, which made the dump then. */
const versionAliases = versions.flatMap((version) => [`pg${version}`, `pgbr${version}`]);

export const postgresql: BuiltInProcedure = {
  name: 'postgresql',
  aliases: ['postgres', 'pgbr', ...versionAliases],
  title: 'PostgreSQL',
  description:
    'One database or all, consistent while in use. A restore replaces them in one transaction: all or nothing.',
  category: 'database',
  image: image('18'),
  aliasImages: Object.fromEntries(versionAliases.map((alias) => [alias, image(alias.slice(-2))])),
  parameters: [
    hostParameter,
    portParameter(5432),
    {
      name: 'db',
      label: 'Database',
      help: 'It must exist, also for a restore. Empty: all databases, with their roles; a restore makes what is missing.',
      type: 'text',
      required: false,
      default: '',
      placeholder: 'app',
    },
    ...accountParameters(
      'A user that may read everything in the database; for a restore, its owner. For all databases a superuser.',
    ),
    {
      name: 'exclude',
      label: 'Leave out',
      help: 'Of all databases: names of those that are not backed up, or not restored, one a line.',
      type: 'lines',
      required: false,
      default: '',
    },
    {
      name: 'passwords',
      label: 'Credentials of the backup',
      help: 'When all databases are restored: roles that exist get the password of the backup. Otherwise they keep theirs.',
      type: 'boolean',
      required: false,
      default: 'false',
    },
  ],
  backup: shebang + common + client + postgresqlCommon + postgresqlClient + postgresqlAllBackup + postgresqlBackup,
  restore:
    shebang +
    common +
    client +
    postgresqlCommon +
    postgresqlClient +
    postgresqlAllSql +
    postgresqlAllRestore +
    postgresqlRestore,
  check: shebang + common + postgresqlCommon + postgresqlCheck,
};
