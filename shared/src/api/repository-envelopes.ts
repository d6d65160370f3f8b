import { z } from 'zod';

/* The envelopes of the repository's API. They are those of the server that it replaces, with all their differences. */

/** `{"data": ..., "status": true}` */
export const repositorySuccess = <T extends z.ZodRawShape>(data: T) =>
  z.strictObject({ data: z.strictObject(data), status: z.literal(true) });

/** Errors of handlers. `data` is empty but where a route says otherwise. */
export const repositoryErrorSchema = z
  .strictObject({ data: z.record(z.string(), z.unknown()), error: z.string(), status: z.literal(false) })
  .meta({ id: 'Error', description: 'A request that was refused or failed.' });

/** Errors of logins and tokens. */
export const repositoryAccessErrorSchema = z
  .strictObject({
    code: z.int().describe('The HTTP status once more.'),
    data: z.strictObject({}),
    message: z.string(),
    status: z.literal(false),
  })
  .meta({ id: 'AccessError', description: 'A login or a token that was not accepted.' });

/** RFC 3339 in UTC. */
export const repositoryInstantSchema = z.iso.datetime();

/** Lower-case hex SHA-256. */
export const sha256HexSchema = z.string().regex(/^[0-9a-f]{64}$/);
