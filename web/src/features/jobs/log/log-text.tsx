import Anser from 'anser';
import { hasColours, withoutColours } from '../../../lib/log/log-line.ts';

interface Piece {
  text: string;
  hit: boolean;
}

/** Cuts a text at the hits of a pattern. An empty hit is no hit. */
function cut(text: string, pattern: RegExp): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match[0] === '') continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), hit: false });
    pieces.push({ text: match[0], hit: true });
    from = match.index + match[0].length;
  }
  pieces.push({ text: text.slice(from), hit: false });
  return pieces;
}

const classOf = (part: { fg: string; bg: string; decorations: readonly string[] }): string =>
  [part.fg, part.bg && `${part.bg}-bg`, ...part.decorations].filter(Boolean).join(' ');

/** The text of one line: always text nodes, whatever the log holds. */
export function LogText({ text, pattern }: { text: string; pattern: RegExp | undefined }) {
  if (pattern !== undefined) {
    return cut(withoutColours(text), pattern).map(({ text: piece, hit }, index) =>
      // biome-ignore lint/suspicious/noArrayIndexKey: a piece has no other identity than its place.
      hit ? <mark key={index}>{piece}</mark> : piece,
    );
  }
  if (!hasColours(text)) return text;
  return Anser.ansiToJson(text, { use_classes: true, remove_empty: true }).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a part has no other identity than its place.
    <span key={index} className={classOf(part)}>
      {withoutColours(part.content)}
    </span>
  ));
}
