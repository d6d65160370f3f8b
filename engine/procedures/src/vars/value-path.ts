/** A step into a map (text) or a list (number). */
export type PathStep = string | number;

const step = /(?:^|\.)([A-Za-z0-9_]+)|\[([0-9]{1,3})\]/y;

/**
 * Parses the path that a key of a vars Secret spells, e.g. `Params.password` or `a[0]`. Undefined when it is none: a key with a
 * dash or a space, such as the `e-mail.txt` of a key Secret, names no value.
 */
export const parsePath = (text: string): readonly PathStep[] | undefined => {
  const steps: PathStep[] = [];
  let at = text.startsWith('.') ? 1 : 0;
  const body = text.slice(at);
  at = 0;
  while (at < body.length) {
    step.lastIndex = at;
    const match = step.exec(body);
    if (!match) return undefined;
    steps.push(match[2] === undefined ? (match[1] ?? '') : Number(match[2]));
    at = step.lastIndex;
  }
  return typeof steps[0] === 'string' ? steps : undefined;
};
