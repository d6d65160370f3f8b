import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { crdFiles } from '../../scripts/crd-files.ts';
import { customResourceDefinitions } from './crds.ts';
import { structuralSchema } from './structural-schema.ts';

describe('CustomResourceDefinitions', () => {
  it.each(crdFiles())('$path is what the schemas say (npm run generate)', ({ path, content }) => {
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('cover the kinds of the engine and of the repository', () => {
    expect(customResourceDefinitions().map(({ metadata }) => metadata.name)).toEqual([
      'scheduledbackups.riotkit.org',
      'requestedbackupactions.riotkit.org',
      'clusterbackupproceduretemplates.riotkit.org',
      'backupcollections.backups.riotkit.org',
      'backupusers.backups.riotkit.org',
    ]);
  });
});

describe('structuralSchema', () => {
  it('keeps rules, formats and defaults, and drops what Kubernetes forbids', () => {
    const schema = z.object({
      count: z.int().min(0).describe('How many.'),
      when: z.iso.datetime().optional(),
      mode: z.enum(['a', 'b']).default('a').optional(),
      size: z
        .string()
        .regex(/([0-9]+)(B|K)/)
        .max(5),
      map: z.record(z.string(), z.strictObject({ on: z.boolean() })).optional(),
      list: z.array(z.number()).max(3).optional(),
    });
    expect(structuralSchema(schema)).toEqual({
      type: 'object',
      properties: {
        count: { type: 'integer', format: 'int64', minimum: 0, description: 'How many.' },
        when: { type: 'string', format: 'date-time' },
        mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
        size: { type: 'string', pattern: '([0-9]+)(B|K)', maxLength: 5 },
        map: {
          type: 'object',
          additionalProperties: { type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'] },
        },
        list: { type: 'array', maxItems: 3, items: { type: 'number' } },
      },
      required: ['count', 'size'],
    });
  });
});
