import type { AccessQuestion, KubeClient, ResourceCache } from '@backstay/kubernetes';
import type { Namespace } from '@backstay/shared';
import type { Identity } from './identity.ts';
import { hashToken } from './random-token.ts';

const answerMilliseconds = 5_000;
const mostIdentities = 1_000;

interface Answers {
  client: KubeClient;
  answers: Map<string, { at: number; allowed: Promise<boolean> }>;
}

/** Which namespaces a question covers: all, or those of the set. */
export type Scope = 'all' | ReadonlySet<string>;

/**
 * What a person may do in the cluster, asked with the person's own token and remembered for five seconds, apart for each
 * identity. An API server that does not answer is an error, never a yes.
 */
export class Access {
  readonly #client: KubeClient;
  readonly #namespaces: Pick<ResourceCache<Namespace>, 'list'>;
  readonly #now: () => number;
  readonly #identities = new Map<string, Answers>();

  constructor(client: KubeClient, namespaces: Pick<ResourceCache<Namespace>, 'list'>, now: () => number) {
    this.#client = client;
    this.#namespaces = namespaces;
    this.#now = now;
  }

  /** The API as this person sees it. */
  clientOf(identity: Identity): KubeClient {
    return this.#of(identity).client;
  }

  mayI(identity: Identity, question: AccessQuestion): Promise<boolean> {
    const { answers, client } = this.#of(identity);
    const key = JSON.stringify(question);
    const known = answers.get(key);
    if (known !== undefined && known.at + answerMilliseconds > this.#now()) return known.allowed;
    const allowed = client.mayI(question);
    answers.set(key, { at: this.#now(), allowed });
    allowed.catch(() => answers.delete(key));
    return allowed;
  }

  /** Where the person may do that: one question when they may everywhere, else one for each namespace. */
  async scope(identity: Identity, question: Omit<AccessQuestion, 'namespace'>): Promise<Scope> {
    if (await this.mayI(identity, question)) return 'all';
    const names = this.#namespaces.list().map((namespace) => namespace.metadata.name);
    const allowed = await Promise.all(names.map((namespace) => this.mayI(identity, { ...question, namespace })));
    return new Set(names.filter((_, index) => allowed[index]));
  }

  async mayIn(identity: Identity, question: AccessQuestion & { namespace: string }): Promise<boolean> {
    const { namespace: _, ...everywhere } = question;
    return (await this.mayI(identity, everywhere)) || (await this.mayI(identity, question));
  }

  #of(identity: Identity): Answers {
    const key = hashToken(identity.token);
    const known = this.#identities.get(key);
    if (known !== undefined) return known;
    if (this.#identities.size >= mostIdentities) this.#identities.clear();
    const created = { client: this.#client.withToken(identity.token), answers: new Map() };
    this.#identities.set(key, created);
    return created;
  }
}

export const inScope = (scope: Scope, namespace: string): boolean => scope === 'all' || scope.has(namespace);
