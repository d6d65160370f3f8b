import type { BuiltInProcedure } from './built-in-procedure.ts';
import { client, common, filesBackup, filesCheck, filesCommon, filesRestore } from './scripts.gen.ts';

const shebang = '#!/bin/bash\n';

export const files: BuiltInProcedure = {
  name: 'files',
  aliases: ['tar'],
  title: 'Files and folders',
  description: 'A folder with everything in it, or a single file: content, links, rights, owners and times.',
  category: 'files',
  image: 'docker.io/library/debian:bookworm-slim',
  parameters: [
    {
      name: 'path',
      label: 'Folder or file',
      help: 'The whole path, as the job sees it. A restore makes it equal to the backup: what is not in the backup is removed.',
      type: 'path',
      required: true,
      placeholder: '/srv/data',
    },
    {
      name: 'include',
      label: 'Only these',
      help: 'Paths below the folder, one a line. Empty: everything. A restore then adds and overwrites, and removes nothing.',
      type: 'lines',
      required: false,
      default: '',
    },
    {
      name: 'exclude',
      label: 'Leave out',
      help: 'Names or patterns such as *.tmp, one a line. A restore then adds and overwrites, and removes nothing.',
      type: 'lines',
      required: false,
      default: '',
    },
  ],
  backup: shebang + common + client + filesCommon + filesBackup,
  restore: shebang + common + client + filesCommon + filesRestore,
  check: shebang + common + filesCheck,
};
