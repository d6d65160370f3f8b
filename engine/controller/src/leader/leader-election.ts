import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '@backstay/kubernetes';
import { type Lease, resourceTypes } from '@backstay/shared';
import { isConflict, isNotFound, messageOf } from '../cluster/errors.ts';
import type { Logger } from '../logger.ts';

export const leaseName = '7b93e0c3.riotkit.org';

export interface LeaderElectionTiming {
  /** How long a silent leader keeps its office. */
  leaseMs: number;
  /** A leader that could not renew for this long stops working; shorter than the lease, so that two never work at once. */
  renewDeadlineMs: number;
  /** Between tries. */
  retryMs: number;
}

export const defaultElectionTiming: LeaderElectionTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export interface LeaderElectionOptions {
  client: KubeClient;
  namespace: string;
  /** Of this process; no other may use it at the same time. */
  identity: string;
  logger: Logger;
  onElected(): void;
  /** Awaited: when it resolves nothing works any more. */
  onLost(): Promise<void>;
  now: () => Date;
  timing?: Partial<LeaderElectionTiming>;
}

type Spec = NonNullable<Lease['spec']>;

/** Whether a foreign lease ran out is measured by this process's clock since the lease last changed: clocks may differ. */
interface Observed {
  seen: string;
  at: number;
}

/** A request that hangs must not keep a leader in office. */
const inTime = async <T>(work: Promise<T>, ms: number): Promise<T> => {
  const late = new AbortController();
  const expiry = delay(ms, undefined, { signal: late.signal }).then(() => {
    throw new Error(`No answer within ${Math.round(ms)} ms`);
  });
  expiry.catch(() => undefined);
  try {
    return await Promise.race([work, expiry]);
  } finally {
    late.abort();
  }
};

const microTime = (date: Date): string => date.toISOString().replace(/Z$/, '000Z');

class Election {
  readonly #options: LeaderElectionOptions;
  readonly #timing: LeaderElectionTiming;
  readonly #stopping = new AbortController();
  #observed: Observed = { seen: '', at: 0 };
  #renewedAt = 0;
  #leading = false;
  #held: Lease | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#timing = { ...defaultElectionTiming, ...options.timing };
  }

  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#step();
      const pause = Math.min(this.#timing.retryMs, this.#leading ? this.#msInOffice() : Number.POSITIVE_INFINITY);
      await delay(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    await this.#resign();
  }

  get leading(): boolean {
    return this.#leading;
  }

  get stuck(): boolean {
    return this.#leading && performance.now() - this.#renewedAt > 2 * this.#timing.leaseMs;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Until a leader that cannot renew has to stop. */
  #msInOffice(): number {
    return Math.max(0, this.#renewedAt + this.#timing.renewDeadlineMs - performance.now());
  }

  /**
   * A leader tries several times before its office ends, and never longer. Who waits for the office has time: of a slow server
   * two answers are needed, and giving up before they are there would begin anew each time.
   */
  #patienceMs(): number {
    const { renewDeadlineMs } = this.#timing;
    return this.#leading ? Math.min(renewDeadlineMs / 3, this.#msInOffice()) : renewDeadlineMs;
  }

  async #step(): Promise<void> {
    const { logger, identity } = this.#options;
    try {
      if (await inTime(this.#acquire(), this.#patienceMs())) {
        if (!this.#leading && this.#msInOffice() > 0) {
          this.#leading = true;
          logger.info({ identity }, 'Leading');
          this.#options.onElected();
        }
        return;
      }
      await this.#lose('Somebody else leads');
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'The lease could not be renewed');
      if (this.#msInOffice() === 0) {
        await this.#lose('The lease ran out');
      }
    }
  }

  async #lose(why: string): Promise<void> {
    if (this.#leading) {
      this.#leading = false;
      this.#options.logger.warn({ identity: this.#options.identity }, `${why}: not leading any more`);
      await this.#options.onLost();
    }
  }

  #key() {
    return { namespace: this.#options.namespace, name: leaseName };
  }

  async #acquire(): Promise<boolean> {
    const { identity } = this.#options;
    if (this.#held !== undefined && (await this.#write('replace', this.#held))) {
      return true;
    }
    const lease = await this.#read();
    if (lease === undefined) {
      return this.#write('create', undefined);
    }
    const mine = lease.spec?.holderIdentity === identity;
    return mine || this.#isFree(lease) ? this.#write('replace', lease) : false;
  }

  async #read(): Promise<Lease | undefined> {
    try {
      return await this.#options.client.get(resourceTypes.leases, this.#key());
    } catch (error) {
      if (isNotFound(error)) {
        return undefined;
      }
      throw error;
    }
  }

  #isFree({ spec, metadata }: Lease): boolean {
    const seen = `${metadata.uid}/${metadata.resourceVersion}`;
    if (this.#observed.seen !== seen) {
      this.#observed = { seen, at: performance.now() };
    }
    const leaseMs = (spec?.leaseDurationSeconds ?? 0) * 1000;
    return !spec?.holderIdentity || performance.now() - this.#observed.at > leaseMs;
  }

  /** A conflict means that somebody else was faster. What was written is renewed next time without being read before. */
  async #write(method: 'create' | 'replace', before: Lease | undefined): Promise<boolean> {
    this.#held = undefined;
    const sentAt = performance.now();
    try {
      this.#held = await this.#options.client[method](resourceTypes.leases, this.#lease(before));
      this.#renewedAt = Math.max(this.#renewedAt, sentAt);
      return true;
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) {
        return false;
      }
      throw error;
    }
  }

  #lease(before: Lease | undefined): Lease {
    const { namespace, name } = this.#key();
    const { identity, now } = this.#options;
    const time = microTime(now());
    const mine = before?.spec?.holderIdentity === identity;
    const spec: Spec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#timing.leaseMs / 1000),
      acquireTime: mine ? before?.spec?.acquireTime : time,
      renewTime: time,
      leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + (before === undefined || mine ? 0 : 1),
    };
    const metadata = before?.metadata ?? { namespace, name };
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  }

  /** After the work has stopped, so that the next leader may begin at once. */
  async #resign(): Promise<void> {
    if (!this.#leading) {
      return;
    }
    await this.#lose('Stopping');
    const { client, identity, logger } = this.#options;
    try {
      const lease = await client.get(resourceTypes.leases, this.#key());
      if (lease.spec?.holderIdentity === identity) {
        await client.replace(resourceTypes.leases, { ...lease, spec: { ...lease.spec, holderIdentity: '' } });
      }
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'The lease was not given back; the next leader waits for its end');
    }
  }
}

export interface LeaderElectionRun {
  readonly leading: boolean;
  /** Leads although the time to renew the lease is long over: something hangs. */
  readonly stuck: boolean;
  /** Gives the lease back when all work has ended. */
  stop(): Promise<void>;
}

/** Competes for the lease until it is stopped. */
export const startLeaderElection = (options: LeaderElectionOptions): LeaderElectionRun => {
  const election = new Election(options);
  const running = election.run();
  return {
    get leading() {
      return election.leading;
    },
    get stuck() {
      return election.stuck;
    },
    stop: async () => {
      election.stop();
      await running;
    },
  };
};
