/** A path as the container would see it, and where it really is. */
export interface PathMapping {
  readonly from: string;
  readonly to: string;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
const withoutTrailingSlash = (path: string): string => path.replace(/(.)\/+$/, '$1');

/**
 * Makes a function that replaces container paths in a text, the longest first and each place once. A path counts only where
 * it stands as a whole: `/mnt/init` is neither in `/mnt/init2` nor in `/other/mnt/init`.
 */
export const createRewriter = (mappings: readonly PathMapping[]): ((text: string) => string) => {
  const targets = new Map(mappings.map(({ from, to }) => [withoutTrailingSlash(from), to]));
  const sources = [...targets.keys()].filter((from) => from !== '/').sort((a, b) => b.length - a.length);
  if (sources.length === 0) {
    return (text) => text;
  }
  const before = '(?<![\\p{L}\\p{N}_./~}-])';
  const after = '(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}_])';
  const pattern = new RegExp(`${before}(?:${sources.map(escaped).join('|')})${after}`, 'gu');
  return (text) => text.replace(pattern, (found) => targets.get(found) ?? found);
};
