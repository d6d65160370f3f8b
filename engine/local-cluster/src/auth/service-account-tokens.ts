import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { KubeObject } from '@backstay/shared';
import type { Clock } from '../clock.ts';
import { isObject, type JsonObject, stringAt } from '../json.ts';
import { writeSecretFile } from './secret-file.ts';
import type { TokenReader } from './tokens.ts';
import type { User } from './user.ts';

export const issuer = 'https://kubernetes.default.svc.cluster.local';

const accounts = { group: '', version: 'v1', plural: 'serviceaccounts' };

type Lookup = (resource: typeof accounts, namespace: string, name: string) => KubeObject | undefined;

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signed tokens of ServiceAccounts. One that has expired, or whose account is gone or was made anew, says nothing. */
export class ServiceAccountTokens implements TokenReader {
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #clock: Clock;
  readonly #lookup: Lookup;

  constructor({ pkiFolder, clock, lookup }: { pkiFolder: string; clock: Clock; lookup: Lookup }) {
    this.#key = keptKey(path.join(pkiFolder, 'sa.key'));
    this.#publicKey = createPublicKey(this.#key);
    this.#clock = clock;
    this.#lookup = lookup;
  }

  issue(account: KubeObject, { seconds, audiences }: { seconds: number; audiences: string[] }) {
    const now = Math.floor(this.#clock.now().getTime() / 1000);
    const { namespace, name, uid } = account.metadata;
    const claims = {
      aud: audiences,
      exp: now + seconds,
      iat: now,
      nbf: now,
      iss: issuer,
      sub: `system:serviceaccount:${namespace}:${name}`,
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    };
    const signed = `${encode({ alg: 'ES256', typ: 'JWT' })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return { token: `${signed}.${signature.toString('base64url')}`, expires: new Date((now + seconds) * 1000) };
  }

  read(token: string): User | undefined {
    const claims = this.#verified(token);
    if (!claims || !this.#isCurrent(claims)) return undefined;
    const namespace = stringAt(claims, 'kubernetes.io', 'namespace') ?? '';
    const name = stringAt(claims, 'kubernetes.io', 'serviceaccount', 'name') ?? '';
    const uid = stringAt(claims, 'kubernetes.io', 'serviceaccount', 'uid') ?? '';
    if (uid === '' || this.#lookup(accounts, namespace, name)?.metadata.uid !== uid) return undefined;
    return {
      name: `system:serviceaccount:${namespace}:${name}`,
      uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    };
  }

  #isCurrent(claims: JsonObject): boolean {
    const now = this.#clock.now().getTime() / 1000;
    const audiences = Array.isArray(claims['aud']) ? claims['aud'] : [];
    return (
      claims['iss'] === issuer &&
      audiences.includes(issuer) &&
      typeof claims['exp'] === 'number' &&
      claims['exp'] > now &&
      typeof claims['nbf'] === 'number' &&
      claims['nbf'] <= now
    );
  }

  #verified(token: string): JsonObject | undefined {
    const [header = '', payload = '', signature = '', ...more] = token.split('.');
    if (signature === '' || more.length > 0 || header !== encode({ alg: 'ES256', typ: 'JWT' })) return undefined;
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' as const };
    const bytes = Buffer.from(signature, 'base64url');
    if (!verify('sha256', Buffer.from(`${header}.${payload}`), key, bytes)) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return isObject(claims) ? claims : undefined;
  }
}

function keptKey(file: string): KeyObject {
  if (!fs.existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeSecretFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  try {
    return createPrivateKey(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    const what = `${file} holds no key: remove it to have a new one made; tokens of service accounts end with it`;
    throw new Error(what, { cause: error });
  }
}
