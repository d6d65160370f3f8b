import { z } from 'zod';
import { repositorySuccess } from './repository-envelopes.ts';

const healthItems = z.array(
  z
    .strictObject({ message: z.string(), name: z.string(), status: z.boolean(), statusText: z.string() })
    .meta({ id: 'HealthCheck' }),
);

export const repositoryAliveReplySchema = repositorySuccess({ msg: z.string() });
export const repositoryHealthReplySchema = repositorySuccess({ health: healthItems });
export const repositoryUnhealthyReplySchema = z.strictObject({
  data: z.union([z.strictObject({ health: healthItems }), z.strictObject({})]),
  error: z.string(),
  status: z.literal(false),
});
