import { z } from 'zod';
import type { ActorContext } from '../http/context.ts';
import { failure } from '../http/reply.ts';

const maxBodyBytes = 64 * 1024;

/** What a small JSON body says; an absent one counts as `{}`. Refused with 400 and the names of the fields to check. */
export const readJson = async <T extends z.ZodType>(context: ActorContext, schema: T): Promise<z.infer<T>> => {
  const text = await context.body.text(maxBodyBytes);
  try {
    return schema.parse(text === '' ? {} : JSON.parse(text));
  } catch (error) {
    const fields = error instanceof z.ZodError ? error.issues.map((issue) => issue.path.join('.')).join(', ') : 'body';
    throw failure(400, `the request cannot be read; check: ${fields}`);
  }
};
