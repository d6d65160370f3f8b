const html: Record<string, string> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

/** template.HTMLEscapeString. */
export const escapeHtml = (text: string): string => text.replace(/[\0"'&<>]/g, (found) => html[found] ?? found);

const js: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const escapeJsCharacter = (character: string): string => {
  const known = js[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (printable.test(character)) return character;
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
};

/** template.JSEscapeString. */
export const escapeJs = (text: string): string => [...text].map(escapeJsCharacter).join('');

/** url.QueryEscape. */
export const escapeQuery = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (/[A-Za-z0-9_.~-]/.test(character)) return character;
      return character === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
