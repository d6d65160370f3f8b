import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientExitCodes } from '@backstay/shared';
import { expect, it } from 'vitest';

it('docs/exit-codes.md lists exactly the codes that there are', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/exit-codes.md'), 'utf8');
  const documented = [...text.matchAll(/^\| (\d+) +\| (.*) \| (.*) \|$/gm)].map((row) =>
    row.slice(1).map((cell) => cell.trim()),
  );
  const existing = Object.values(clientExitCodes).map(({ code, title, advice }) => [String(code), title, advice]);
  expect(documented).toEqual(existing);
});
