import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerLog } from './container-log.ts';
import { readLog } from './log-reader.ts';
import { podFolder } from './pod-folder.ts';
import type { PodLogRequest, PodLogs } from './pod-logs.ts';

/** The logs of all Pods: live ones, and those that ended containers left. */
export class LogBook implements PodLogs {
  readonly #pods: string;
  readonly #live = new Map<string, Map<string, ContainerLog | undefined>>();
  readonly #waiting = new Set<() => void>();

  constructor(pods: string) {
    this.#pods = pods;
  }

  /** Announces that containers of the Pod will write, so that a follower waits for them. */
  expect(uid: string, containers: string[]): void {
    this.#live.set(uid, new Map(containers.map((name) => [name, undefined])));
  }

  begin(uid: string, container: string, log: ContainerLog): void {
    this.#live.get(uid)?.set(container, log);
    this.#tell();
  }

  /** No container of the Pod writes any more. */
  end(uid: string): void {
    this.#live.delete(uid);
    this.#tell();
  }

  async *read(request: PodLogRequest): AsyncGenerator<Uint8Array> {
    const { uid, container, follow, tailLines, limitBytes, timestamps, signal } = request;
    if (![uid, container].every((name) => /^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$/.test(name))) {
      return;
    }
    if (request.run !== undefined) {
      const earlier = podFolder(this.#pods, uid).logs(container, request.run);
      yield* readLog(earlier, undefined, {
        follow,
        tailLines,
        limitBytes,
        timestamps,
        signal,
        since: sinceOf(request),
      });
      return;
    }
    const live = follow ? await this.#firstLog(request) : this.#live.get(uid)?.get(container);
    const folder = live?.folder ?? this.#lastFolder(uid, container);
    if (folder !== undefined) {
      yield* readLog(folder, live, { follow, tailLines, limitBytes, timestamps, signal, since: sinceOf(request) });
    }
  }

  async #firstLog({ uid, container, signal }: PodLogRequest): Promise<ContainerLog | undefined> {
    while (!signal.aborted) {
      const logs = this.#live.get(uid);
      const log = logs?.get(container);
      if (log !== undefined || logs?.has(container) !== true) {
        return log;
      }
      await this.#changed(signal);
    }
    return undefined;
  }

  #lastFolder(uid: string, container: string): string | undefined {
    const runs = join(podFolder(this.#pods, uid).allLogs, container);
    try {
      const last = Math.max(...readdirSync(runs).map(Number));
      return Number.isInteger(last) ? join(runs, String(last)) : undefined;
    } catch {
      return undefined;
    }
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((settled) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        settled();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  #tell(): void {
    for (const done of [...this.#waiting]) {
      done();
    }
  }
}

const sinceOf = ({ sinceTime, sinceSeconds }: PodLogRequest): number | undefined => {
  if (sinceTime !== undefined) {
    const at = Date.parse(sinceTime);
    return Number.isNaN(at) ? undefined : at;
  }
  return sinceSeconds === undefined ? undefined : Date.now() - sinceSeconds * 1000;
};
