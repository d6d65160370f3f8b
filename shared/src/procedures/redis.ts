import type { BuiltInProcedure } from './built-in-procedure.ts';
import { client, common, redisBackup, redisCheck, redisClient, redisCommon, redisRestore } from './scripts.gen.ts';
import { hostParameter, portParameter } from './server-parameters.ts';

const shebang = '#!/bin/bash\n';
const image = (version: string): string => `docker.io/library/redis:${version}-bookworm`;

export const redis: BuiltInProcedure = {
  name: 'redis',
  aliases: ['redis6', 'redis7', 'redis8', 'valkey'],
  title: 'Redis and Valkey',
  description:
    'All databases, as one snapshot taken while in use. A restore checks everything first, and then replaces all keys at once.',
  category: 'database',
  image: image('8'),
  aliasImages: {
    redis6: image('6.2'),
    redis7: image('7.4'),
    redis8: image('8'),
    valkey: 'docker.io/valkey/valkey:8-bookworm',
  },
  parameters: [
    hostParameter,
    portParameter(6379),
    {
      name: 'db',
      label: 'Database to restore',
      help: 'A number. Empty: all, and what the backup does not have is removed. A backup always holds all.',
      type: 'text',
      required: false,
      default: '',
      placeholder: '0',
    },
    {
      name: 'user',
      label: 'User',
      help: 'Empty: the default user. It needs SYNC and REPLCONF for a backup, RESTORE, SWAPDB and FLUSHDB for a restore.',
      type: 'text',
      required: false,
      default: '',
    },
    {
      name: 'password',
      label: 'Password',
      help: 'Kept in a Secret. Empty where the server has none.',
      type: 'password',
      required: false,
      default: '',
    },
    {
      name: 'tls',
      label: 'Encrypted connection',
      help: 'For servers that listen with TLS.',
      type: 'boolean',
      required: false,
      default: 'false',
    },
    {
      name: 'caCertificate',
      label: 'Certificate of the authority',
      help: 'PEM text, for TLS with a certificate that the image does not trust by itself.',
      type: 'lines',
      required: false,
      default: '',
    },
  ],
  backup: shebang + common + client + redisCommon + redisClient + redisBackup,
  restore: shebang + common + client + redisCommon + redisClient + redisRestore,
  check: shebang + common + redisCommon + redisCheck,
};
