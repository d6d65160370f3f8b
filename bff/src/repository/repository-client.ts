import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@backstay/shared';
import { Agent, type Dispatcher, request } from 'undici';
import { z } from 'zod';

export interface RepositoryAccount {
  url: string;
  username: string;
  password: string;
}

const storedVersionSchema = z.object({
  id: z.string(),
  collectionId: z.string(),
  versionNumber: z.number(),
  filename: z.string(),
  filesize: z.number(),
  user: z.string(),
  uploadedBySessionId: z.string().optional(),
  sha256: z.string().optional(),
  CreatedAt: z.string(),
});
export type StoredVersion = z.infer<typeof storedVersionSchema>;

const usageSchema = z.object({
  usedBytes: z.number(),
  reservedBytes: z.number(),
  maxTotalBytes: z.number(),
  maxVersionBytes: z.number(),
  maxVersions: z.number(),
  versions: z.number(),
});
export type CollectionUsage = z.infer<typeof usageSchema>;

const envelope = <Data extends z.ZodType>(data: Data) => z.object({ data });
const loginSchema = envelope(z.object({ token: z.string().min(1), sessionId: z.string() }));
const versionsSchema = envelope(z.object({ versions: z.array(storedVersionSchema) }));
const usageReplySchema = envelope(z.object({ usage: usageSchema }));

export interface Download {
  status: number;
  headers: Record<string, string | undefined>;
  body: AsyncIterable<Uint8Array> & { destroy(error?: Error): unknown };
}

interface Call {
  method?: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const unlimitedLifetime = '87600h';
const mostAttempts = 5;
const pauseMilliseconds = 600;

/**
 * The repository as the console's own user sees it: one token, renewed when it is refused. Rejects with a DomainError:
 * `repository_unreachable`, `repository_refused`, or `not_found`.
 */
export class RepositoryClient {
  readonly #account: RepositoryAccount;
  readonly #agent = new Agent({ headersTimeout: 15_000, bodyTimeout: 60_000, connect: { timeout: 5_000 } });
  #token: Promise<string> | undefined;

  constructor(account: RepositoryAccount) {
    this.#account = account;
  }

  async versions(collection: string): Promise<StoredVersion[]> {
    const reply = await this.#json({ path: `/api/stable/repository/collection/${collection}/version` });
    return parseReply(versionsSchema, reply).data.versions;
  }

  async usage(collection: string): Promise<CollectionUsage> {
    const reply = await this.#json({ path: `/api/stable/repository/collection/${collection}/usage` });
    return parseReply(usageReplySchema, reply).data.usage;
  }

  /** The stored bytes as a stream; `headers` may hold a range. */
  async download(
    of: { collection: string; number: number },
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Download> {
    const path = `/api/alpha/repository/collection/${of.collection}/version/${of.number}`;
    const reply = await this.#authorised({ path, headers, signal });
    if (reply.statusCode >= 400 && reply.statusCode !== 416) throw await refusal(reply);
    return { status: reply.statusCode, headers: plainHeaders(reply), body: reply.body };
  }

  /** A token that can only upload to and download from one collection, for the Jobs of a schedule. */
  async issueToken(collection: string): Promise<{ token: string; sessionId: string }> {
    const element = { type: 'collection', name: collection, roles: ['backupUploader', 'backupDownloader'] };
    return this.#login({ operationsScope: { elements: [element] }, lifetime: unlimitedLifetime });
  }

  /** Ends a token of this user. Repeating it is fine. */
  async revoke(sessionId: string): Promise<void> {
    await this.#json({ method: 'DELETE', path: `/api/stable/auth/logout?sessionId=${encodeURIComponent(sessionId)}` });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #json(call: Call): Promise<unknown> {
    const reply = await this.#patiently(call);
    if (reply.statusCode >= 400) throw await refusal(reply);
    return readJson(reply);
  }

  // The repository counts requests by the second: one that came too soon is welcome later.
  async #patiently(call: Call): Promise<Dispatcher.ResponseData> {
    for (let attempt = 1; ; attempt += 1) {
      const reply = await this.#authorised(call);
      if (reply.statusCode !== 429 || attempt === mostAttempts) return reply;
      await reply.body.dump();
      await delay(attempt * pauseMilliseconds * (0.5 + Math.random()));
    }
  }

  // 401: expired. 403 may be a token that a fresh database does not know. One new login tells.
  async #authorised(call: Call): Promise<Dispatcher.ResponseData> {
    const used = this.#currentToken();
    const reply = await this.#send(call, await used);
    if (reply.statusCode !== 401 && reply.statusCode !== 403) return reply;
    await reply.body.dump();
    if (this.#token === used) this.#token = undefined;
    return this.#send(call, await this.#currentToken());
  }

  #currentToken(): Promise<string> {
    if (this.#token !== undefined) return this.#token;
    const token = this.#login({}).then((login) => login.token);
    token.catch(() => {
      if (this.#token === token) this.#token = undefined;
    });
    this.#token = token;
    return token;
  }

  async #login(more: object): Promise<{ token: string; sessionId: string }> {
    const { username, password } = this.#account;
    const body = { username, password, ...more };
    const reply = await this.#send({ method: 'POST', path: '/api/stable/auth/login', body });
    if (reply.statusCode >= 400) throw await refusal(reply);
    return parseReply(loginSchema, await readJson(reply)).data;
  }

  async #send(call: Call, token?: string): Promise<Dispatcher.ResponseData> {
    try {
      return await request(`${this.#account.url}${call.path}`, {
        dispatcher: this.#agent,
        method: call.method ?? 'GET',
        headers: {
          ...call.headers,
          ...(call.body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: call.signal,
      });
    } catch (cause) {
      throw new DomainError('repository_unreachable', undefined, { cause });
    }
  }
}

function parseReply<Schema extends z.ZodType>(schema: Schema, reply: unknown): z.output<Schema> {
  const result = schema.safeParse(reply);
  if (result.success) return result.data;
  throw new DomainError('repository_refused', 'The backup repository answered in a way that is not understood.');
}

async function readJson(reply: Dispatcher.ResponseData): Promise<unknown> {
  return reply.body.json().catch((cause: unknown) => {
    throw new DomainError('repository_unreachable', undefined, { cause });
  });
}

const errorSchema = z.object({ error: z.string().optional(), message: z.string().optional() });

async function refusal(reply: Dispatcher.ResponseData): Promise<DomainError> {
  const text = await reply.body.text().catch(() => '');
  const said = errorSchema.safeParse(safeJson(text));
  const words = said.success ? (said.data.error ?? said.data.message ?? '') : '';
  if (reply.statusCode === 429)
    return new DomainError('too_many_requests', 'The backup repository is asked too often.');
  if (reply.statusCode === 404) return new DomainError('not_found', words || undefined);
  const code = reply.statusCode >= 500 && words === '' ? 'repository_unreachable' : 'repository_refused';
  return new DomainError(code, words === '' ? undefined : `The backup repository refused the request: ${words}`);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const plainHeaders = (reply: Dispatcher.ResponseData): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(reply.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
