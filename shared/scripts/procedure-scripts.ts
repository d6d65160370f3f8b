import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../src/procedures/scripts/', import.meta.url));
export const generatedFile = fileURLToPath(new URL('../src/procedures/scripts.gen.ts', import.meta.url));

const constantName = (file: string): string =>
  file.replace(/\.sh$/, '').replaceAll(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());

/** The scripts of the built-in procedures as a module: `shared` runs in browsers, so it cannot read files. */
export const procedureScriptsModule = (): string => {
  const scripts = readdirSync(folder)
    .filter((file) => file.endsWith('.sh'))
    .sort()
    .map(
      (file) => `export const ${constantName(file)} = ${JSON.stringify(readFileSync(`${folder}${file}`, 'utf8'))};\n`,
    );
  return `// Generated from scripts/*.sh by shared/scripts/generate-procedure-scripts.ts. Do not edit.\n${scripts.join('')}`;
};
