import type { PlantedBug } from './planted-bug.ts';

const command = 'engine/client/src/process/shell-command.ts';

/** Promises of `backup-maker`. */
export const clientBugs: readonly PlantedBug[] = [
  {
    name: 'ignore the exit code of a command',
    file: command,
    code: 'if (code === 0) return;',
    instead: 'if (code !== null) return;',
    noticedBy: 'T3',
  },
  {
    name: 'ignore that a signal ended a command',
    file: command,
    code: 'if (code === 0) return;',
    instead: 'if (code === 0 || signal !== null) return;',
    noticedBy: 'T4',
  },
  {
    name: 'store a dump that is too small',
    file: 'engine/client/src/commands/make.ts',
    code: 'if (bytes >= least) return;',
    instead: 'if (bytes > 0) return;',
    noticedBy: 'T5',
  },
  {
    name: 'take no connection for stalled',
    file: 'engine/client/src/repository/stall-watch.ts',
    code: 'if (this.#waiting) stalled();',
    instead: '',
    noticedBy: 'T6',
  },
  {
    name: 'end the input of the loader after an error',
    file: 'engine/client/src/commands/restore.ts',
    code: 'await command?.kill();\n    command?.stdin.destroy();',
    instead: 'command?.stdin.end();\n    await command?.exited;',
    noticedBy: 'T21',
  },
  {
    name: 'believe a message without its proof of integrity',
    file: 'engine/client/src/openpgp/open-packet.ts',
    code: 'verifyDetection(Buffer.concat(queue.take(queue.length)), opening.last?.detection);',
    instead: '',
    noticedBy: 'T23',
  },
  {
    name: 'do not compare the digest of a version',
    file: 'engine/client/src/repository/download.ts',
    code: 'if (this.#expected === undefined || this.#digest === this.#expected) return;',
    instead: 'return;',
    noticedBy: 'T24',
  },
  {
    name: 'do not look where a version was made',
    file: 'engine/client/src/commands/open-version.ts',
    code: 'origin.collection !== collectionMark(collection)',
    instead: "origin.collection === ''",
    noticedBy: 'T24',
  },
];
