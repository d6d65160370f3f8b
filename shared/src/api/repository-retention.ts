import { z } from 'zod';
import { repositoryInstantSchema, repositorySuccess } from './repository-envelopes.ts';
import { repositoryVersionReplySchema } from './repository-versions.ts';

const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cf}]*$/u, 'must have no control characters');

export const repositoryHoldRequestSchema = z.strictObject({
  reason: text(200).describe('Why the version must stay: everybody who may list it can read this.'),
  until: repositoryInstantSchema.optional().describe('When the hold ends by itself. Absent: when somebody ends it.'),
});
export type RepositoryHoldRequest = z.infer<typeof repositoryHoldRequestSchema>;

export const repositoryDeleteVersionRequestSchema = z.strictObject({
  lastGood: z.boolean().optional().describe('True: also when it is the last good version of the collection.'),
});

export const repositoryHoldReplySchema = repositoryVersionReplySchema;
export const repositoryDeletedVersionReplySchema = repositorySuccess({
  versionNumber: z.int().min(1),
  message: z.string(),
});

const keptBecause = z.array(z.enum(['held', 'minimum-age', 'minimum-count', 'strategy', 'spare-room']));

export const repositoryForecastReplySchema = repositorySuccess({
  forecast: z
    .strictObject({
      strategy: z.string(),
      versions: z
        .array(
          z.strictObject({
            versionNumber: z.int().min(1),
            keptBecause: keptBecause.describe('When one more version comes now. Empty: it leaves then.'),
            leaves: z
              .strictObject({
                afterUploads: z.int().min(1).describe('With the how manieth upload from now.'),
                at: repositoryInstantSchema.nullable().describe('At the present rate. Null: there is none yet.'),
                why: z.string(),
              })
              .nullable()
              .describe('Null: not in sight.'),
            holdEnds: repositoryInstantSchema.nullable(),
            nextVerificationAt: repositoryInstantSchema.nullable().describe('Null: verification is switched off.'),
          }),
        )
        .describe('By ascending number.'),
      presentBytes: z.int().min(0).describe('Size of the newest good version: what is assumed of the next ones.'),
      secondsBetweenVersions: z.number().nullable().describe('The median of the last ones.'),
      allowedBytes: z.int().min(0).describe('What one upload may have now.'),
      uploadsThatFit: z.int().min(0).nullable().describe('So many more of the present size. Null: no end in sight.'),
      fullAt: repositoryInstantSchema.nullable().describe('When the first one is refused at the present rate.'),
      fullBecauseOfProtection: z
        .array(z.int())
        .describe('The next upload of the present size is refused only because these versions are protected.'),
      expiredHolds: z.array(z.int()).describe('Versions whose hold has ended.'),
    })
    .meta({ id: 'Forecast' }),
});

const verificationState = z.enum(['never', 'running', 'good', 'damaged', 'missing']);

export const repositoryVerificationRunReplySchema = repositorySuccess({
  verification: z.strictObject({
    versionNumber: z.int().min(1),
    state: verificationState,
    verifiedAt: repositoryInstantSchema.nullable(),
    detail: z.string().nullable(),
  }),
});

export const repositoryVerificationReplySchema = repositorySuccess({
  verification: z
    .strictObject({
      periodSeconds: z.number().nullable().describe('Every byte is read again within it. Null: only on demand.'),
      versions: z.array(
        z.strictObject({
          versionNumber: z.int().min(1),
          state: verificationState,
          verifiedAt: repositoryInstantSchema.nullable(),
          detail: z.string().nullable(),
          digest: z
            .enum(['recorded', 'baseline', 'none'])
            .describe('baseline: of unverified origin, taken at the first verification. none: not taken yet.'),
          dueAt: repositoryInstantSchema.nullable(),
          late: z.boolean(),
        }),
      ),
      bad: z.array(z.int()),
      bytes: z.int().min(0),
      bytesVerifiedInPeriod: z.int().min(0),
    })
    .meta({ id: 'VerificationReport' }),
});

const sweepResult = z.strictObject({
  objects: z.int(),
  versions: z.int(),
  orphans: z.int(),
  removed: z.int(),
  missing: z.int(),
  unlisted: z
    .number()
    .int()
    .optional()
    .describe('Versions of collections that are not defined: they are kept, and listed nowhere.'),
  doubtful: z.boolean().describe('Most versions had no object: nothing was marked, the storage may be the wrong one.'),
});

export const repositorySweepReplySchema = repositorySuccess({
  sweep: z
    .strictObject({
      finishedAt: repositoryInstantSchema.nullable(),
      result: sweepResult.nullable(),
      orphans: z.array(
        z.strictObject({
          key: z.string(),
          bytes: z.int().min(0),
          modifiedAt: repositoryInstantSchema,
          firstSeenAt: repositoryInstantSchema,
        }),
      ),
      orphanCount: z.int().min(0),
      orphanBytes: z.int().min(0),
      next: z.string().nullable().describe('Give it as `after` for the next orphans. Null: these were the last.'),
    })
    .meta({ id: 'SweepReport' }),
});
