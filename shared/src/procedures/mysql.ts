import type { BuiltInProcedure } from './built-in-procedure.ts';
import { client, common, mysqlBackup, mysqlCheck, mysqlClient, mysqlCommon, mysqlRestore } from './scripts.gen.ts';
import { accountParameters, hostParameter, portParameter } from './server-parameters.ts';

const shebang = '#!/bin/bash\n';

export const mysql: BuiltInProcedure = {
  name: 'mysql',
  aliases: ['mysql-dump', 'mysql-dump-8.0', 'mariadb'],
  title: 'MySQL and MariaDB',
  description:
    'One database or all, consistent while in use. A restore loads beside what is there, and replaces it only when everything has arrived.',
  category: 'database',
  image: 'docker.io/library/mariadb:11.8',
  aliasImages: { 'mysql-dump-8.0': 'docker.io/library/mysql:8.0-debian' },
  parameters: [
    hostParameter,
    portParameter(3306),
    {
      name: 'db',
      label: 'Database',
      help: 'Empty: all databases, but not the accounts. A restore makes it when it is missing.',
      type: 'text',
      required: false,
      default: '',
      placeholder: 'app',
    },
    ...accountParameters(
      'A user that may read everything in the database; for a restore, one that may also make databases named backstay_…',
    ),
    {
      name: 'dumpOptions',
      label: 'More options for the dump',
      help: 'For backups only, such as --ignore-table=app.sessions. What is left out is gone after a restore.',
      type: 'text',
      required: false,
      default: '',
    },
  ],
  backup: shebang + common + client + mysqlCommon + mysqlClient + mysqlBackup,
  restore: shebang + common + client + mysqlCommon + mysqlClient + mysqlRestore,
  check: shebang + common + mysqlCommon + mysqlCheck,
};
