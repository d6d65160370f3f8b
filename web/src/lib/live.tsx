import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { applyChanges, reloadEverything } from './live-cache.ts';
import { type LiveState, openLiveEvents } from './live-events.ts';

const Context = createContext<LiveState>('connecting');

/** Holds the one event stream of this tab and keeps the query cache in step with it. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => {
    const events = openLiveEvents({
      onChanges: (changes) => applyChanges(client, changes),
      onReload: () => void reloadEverything(client),
    });
    const leave = events.subscribe(() => setState(events.state()));
    return () => {
      leave();
      events.close();
    };
  }, [client]);
  return <Context value={state}>{children}</Context>;
}

export const useLiveState = (): LiveState => useContext(Context);
