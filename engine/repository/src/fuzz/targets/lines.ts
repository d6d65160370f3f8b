import { validateHeaderValue } from 'node:http';
import { harmlessLogging } from '@backstay/shared';
import fc from 'fast-check';
import { pino } from 'pino';
import { contentDisposition } from '../../features/download.ts';
import { toJson } from '../../http/json.ts';
import { type FuzzTarget, must, syncTarget } from '../fuzz-target.ts';
import { names } from '../inputs.ts';
import { drivesTerminals } from '../terminal-text.ts';

const dispositions = syncTarget({
  name: 'Content-Disposition',
  family: 'T34',
  weight: 3,
  inputs: names,
  check: (name) => {
    const header = contentDisposition(name);
    validateHeaderValue('content-disposition', header);
    must(
      /^attachment; filename="[ !#-[\]-~]*"(; filename\*=UTF-8''[A-Za-z0-9%._~!-]*)?$/.test(header),
      'RFC 6266 holds',
    );
    const exact = /filename\*=UTF-8''(.*)$/.exec(header)?.[1];
    const plain = /filename="([^"]*)"/.exec(header)?.[1];
    must(
      (exact === undefined ? plain : decodeURIComponent(exact)) === name.toWellFormed(),
      'the name can be read again',
    );
  },
});

const logLines = syncTarget({
  name: 'log lines',
  family: 'T34',
  weight: 3,
  inputs: fc.record({ path: names, collection: names, message: names }),
  check: ({ path, collection, message }) => {
    const lines: string[] = [];
    const logger = pino({ hooks: harmlessLogging }, { write: (line: string) => void lines.push(line) });
    logger.error({ path, collection, err: new Error(message) }, 'a request failed');
    const [line = ''] = lines;
    must(
      lines.length === 1 && line.endsWith('\n') && !drivesTerminals(line.slice(0, -1)),
      'one entry is one plain line',
    );
    const entry = JSON.parse(line) as { path: string; collection: string };
    must(entry.path === path.toWellFormed() || entry.path === path, 'the path is what it was');
  },
});

const bodies = syncTarget({
  name: 'JSON answers',
  family: 'T34',
  weight: 2,
  inputs: fc.dictionary(names, names, { maxKeys: 4, noNullPrototype: true }),
  check: (value) => {
    const again = JSON.parse(toJson({ data: value, status: true })) as { data: Record<string, string> };
    must(Object.keys(again.data).length === Object.keys(value).length, 'every key is there');
    for (const [key, member] of Object.entries(value)) {
      must(Object.getOwnPropertyDescriptor(again.data, key)?.value === member, 'every name is what it was');
    }
  },
});

export const lineTargets: readonly FuzzTarget[] = [dispositions, logLines, bodies];
