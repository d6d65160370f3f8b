import type { IncomingMessage } from 'node:http';
import { unauthorized } from '../registry/api-error.ts';
import type { TokenReader } from './tokens.ts';
import { anonymous, type User } from './user.ts';

/** Who sent the request. ApiError 401 for a token that is not known; a request without any is anonymous. */
export function authenticate(request: IncomingMessage, readers: readonly TokenReader[]): User {
  const header = request.headers.authorization;
  if (header === undefined) return anonymous;
  const match = /^Bearer +(\S+)$/i.exec(header.trim());
  const token = match?.[1];
  if (token === undefined) throw unauthorized();
  for (const reader of readers) {
    const user = reader.read(token);
    if (user) return user;
  }
  throw unauthorized();
}
