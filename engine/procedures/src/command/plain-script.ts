import type { ScriptResult } from '../scripts/procedure-source.ts';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A script that can be run by itself: one that reads the environment brings it along, below its shebang. */
export const plainScript = ({ script, environment }: ScriptResult): string => {
  if (script.holdsValues) return script.text;
  const exports = Object.entries(environment)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `export ${name}=${quote(value)}\n`);
  const firstLine = script.text.indexOf('\n') + 1;
  return script.text.slice(0, firstLine) + exports.join('') + script.text.slice(firstLine);
};
