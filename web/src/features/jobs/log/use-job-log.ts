import { useEffect, useRef, useState } from 'react';
import { type FollowState, followLog } from '../../../lib/log/follow-log.ts';
import { LogStore } from '../../../lib/log/log-store.ts';

/** Milliseconds between two renders while text arrives: what came in between is one batch. */
const renderEvery = 33;

export interface JobLog {
  store: LogStore;
  /** Changes with every batch. */
  revision: number;
  state: FollowState;
}

/** Streams a job's log into a store. `over`: the job has ended, so the end of the stream is the end of the log. */
export function useJobLog(job: { namespace: string; name: string }, over: boolean): JobLog {
  const { namespace, name } = job;
  const [store, setStore] = useState(() => new LogStore());
  const [revision, setRevision] = useState(0);
  const [state, setState] = useState<FollowState>({ kind: 'loading' });
  const isOver = useRef(over);
  isOver.current = over;
  useEffect(() => {
    const abort = new AbortController();
    const fresh = new LogStore();
    setStore(fresh);
    let waiting: string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      fresh.append(waiting.join(''));
      waiting = [];
      setRevision((before) => before + 1);
    };
    const onText = (text: string) => {
      waiting.push(text);
      timer ??= setTimeout(flush, renderEvery);
    };
    void followLog({ namespace, name, onText, onState: setState, isOver: () => isOver.current, signal: abort.signal });
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [namespace, name]);
  return { store, revision, state };
}
