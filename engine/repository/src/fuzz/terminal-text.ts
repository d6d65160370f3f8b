const ranges = [
  [0, 0x1f],
  [0x7f, 0x9f],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
] as const;

/** True for text that ends a line, moves a cursor or turns the direction of writing where it is shown. */
export const drivesTerminals = (text: string): boolean => {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (ranges.some(([from, to]) => code >= from && code <= to)) {
      return true;
    }
  }
  return false;
};
