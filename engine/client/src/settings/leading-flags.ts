import { type Flag, flags } from './flags.ts';

/** Clients of the first generation took these before the command as well. */
const leading = ['url', 'collectionId', 'authToken', 'timeout', 'logLevel'];

const namesOf = ({ syntax }: Flag): string[] => syntax.match(/-{1,2}[a-z-]+/g) ?? [];

const names = new Set(flags.filter(({ name }) => leading.includes(name)).flatMap(namesOf));

/** Puts flags that stand before one of the commands behind it, where everything else reads them; what stands there wins. */
export const moveLeadingFlags = (argv: readonly string[], commands: readonly string[]): readonly string[] => {
  let at = 0;
  for (let word = argv[0]; word !== undefined && names.has(word.split('=', 1)[0] ?? ''); word = argv[at]) {
    at += word.includes('=') ? 1 : 2;
  }
  const command = argv[at];
  if (at === 0 || command === undefined || !commands.includes(command)) return argv;
  return [command, ...argv.slice(0, at), ...argv.slice(at + 1)];
};
