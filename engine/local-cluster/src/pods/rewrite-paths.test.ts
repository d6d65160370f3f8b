import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandVariables } from './expand-variables.ts';
import { createRewriter } from './rewrite-paths.ts';

const rewrite = createRewriter([
  { from: '/mnt/init', to: '/real/init' },
  { from: '/mnt/init/deep/', to: '/real/deep' },
  { from: '/usr/backup-maker', to: '/real/script' },
]);

describe('createRewriter', () => {
  it.each([
    ['/mnt/init', '/real/init'],
    ['/mnt/init/', '/real/init/'],
    ['/mnt/init/deep/x', '/real/deep/x'],
    ['/mnt/init/deeper', '/real/init/deeper'],
    ['/mnt/init2', '/mnt/init2'],
    ['/mnt/init-2 /mnt/init.d /mnt/init_', '/mnt/init-2 /mnt/init.d /mnt/init_'],
    ['/other/mnt/init', '/other/mnt/init'],
    ['${HOME}/mnt/init $HOME/mnt/init ~/mnt/init', '${HOME}/mnt/init $HOME/mnt/init ~/mnt/init'],
    ['cp "/usr/backup-maker/a b" /mnt/init/;', 'cp "/real/script/a b" /real/init/;'],
    ['PATH=$PATH:/mnt/init', 'PATH=$PATH:/real/init'],
    ['--key=/mnt/init/k,/mnt/init', '--key=/real/init/k,/real/init'],
    ['It is in /mnt/init.', 'It is in /real/init.'],
    ['/mnt/inité', '/mnt/inité'],
  ])('%s', (text, expected) => {
    expect(rewrite(text)).toBe(expected);
  });

  it('never replaces a replacement, and leaves other text alone', () => {
    const swap = createRewriter([
      { from: '/a', to: '/b' },
      { from: '/b', to: '/a' },
    ]);
    expect(swap('/a /b')).toBe('/b /a');
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('/')),
        (text) => {
          expect(swap(text)).toBe(text);
        },
      ),
    );
  });

  it('takes characters of a path literally', () => {
    expect(createRewriter([{ from: '/m+n(t)/$x', to: '/r$&' }])('/m+n(t)/$x/f')).toBe('/r$&/f');
  });
});

describe('expandVariables', () => {
  const variables = new Map([
    ['A', 'one'],
    ['B.C', 'two'],
  ]);
  it.each([
    ['$(A)-$(B.C)', 'one-two'],
    ['$$(A) $(NO) $A ${A} $(', '$(A) $(NO) $A ${A} $('],
    ['$$$(A)', '$one'],
  ])('%s', (text, expected) => {
    expect(expandVariables(text, variables)).toBe(expected);
  });
});
