import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { writeSecretFile } from './secret-file.ts';
import type { User } from './user.ts';

const digest = (token: string) => createHash('sha256').update(token).digest();

/** Who a bearer token speaks for. Undefined: nobody that is known. */
export interface TokenReader {
  read(token: string): User | undefined;
}

/** The administrator's token, kept over restarts, and tokens for parts of this process, which end with it. */
export class StaticTokens implements TokenReader {
  readonly adminToken: string;
  readonly #issued = new Map<string, { user: User; digest: Buffer }>();

  constructor(pkiFolder: string) {
    this.adminToken = keptToken(path.join(pkiFolder, 'admin.token'));
    this.#keep(this.adminToken, { name: 'admin', groups: ['system:masters', 'system:authenticated'] });
  }

  issue(user: { name: string; groups: readonly string[] }): string {
    const token = randomBytes(32).toString('base64url');
    this.#keep(token, { name: user.name, groups: [...new Set([...user.groups, 'system:authenticated'])] });
    return token;
  }

  read(token: string): User | undefined {
    const hash = digest(token);
    const found = this.#issued.get(hash.toString('hex'));
    return found && timingSafeEqual(found.digest, hash) ? found.user : undefined;
  }

  #keep(token: string, user: User): void {
    const hash = digest(token);
    this.#issued.set(hash.toString('hex'), { user, digest: hash });
  }
}

function keptToken(file: string): string {
  const kept = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : '';
  if (kept !== '') return kept;
  const token = randomBytes(32).toString('base64url');
  writeSecretFile(file, token);
  return token;
}
