export interface LogLine {
  /** RFC 3339; empty where the line carries none. */
  instant: string;
  text: string;
}

const stamped = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;
const escapeCode = String.fromCharCode(27);
const escapeSequence = new RegExp(`${escapeCode}\\[[0-9;?]*[ -/]*[@-~]`, 'g');
/** Control characters other than tab and escape would be invisible, or move text about. */
const controls = new RegExp(`(?![\\t${escapeCode}])\\p{Cc}`, 'gu');

export function parseLine(line: string): LogLine {
  const match = stamped.exec(line);
  if (match === null) return { instant: '', text: line.replace(controls, '') };
  return { instant: match[1] ?? '', text: line.slice(match[0].length).replace(controls, '') };
}

export const withoutColours = (text: string): string => text.replace(escapeSequence, '');
export const hasColours = (text: string): boolean => text.includes('\u001b');
