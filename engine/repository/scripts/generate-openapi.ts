import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { openApiFile } from './openapi-file.ts';

const { path, content } = await openApiFile();
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, content);
