import type { JobSummary } from '@backstay/shared';
import { Alert } from '@patternfly/react-core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { absoluteTime, formatCount } from '../../../lib/format.ts';
import type { FollowState } from '../../../lib/log/follow-log.ts';
import { levelNames } from '../../../lib/log/log-level.ts';
import { parseLine } from '../../../lib/log/log-line.ts';
import { FixedRows, WrappedRows } from './log-rows.tsx';
import { LogText } from './log-text.tsx';
import { type LogOptions, LogToolbar } from './log-toolbar.tsx';
import { useFollow } from './use-follow.ts';
import { useJobLog } from './use-job-log.ts';
import { useLineIndex } from './use-line-index.ts';
import { useLogSearch } from './use-log-search.ts';

/** `#L12` names the twelfth line. */
const lineOfHash = (): number | undefined => {
  const digits = /^#L(\d+)$/.exec(window.location.hash)?.[1];
  return digits === undefined ? undefined : Number(digits) - 1;
};

const isOver = (job: JobSummary): boolean =>
  job.finishedAt !== undefined || ['succeeded', 'failed', 'cancelled'].includes(job.state);

export function LogViewer({ job }: { job: JobSummary }) {
  const { store, revision, state } = useJobLog(job, isOver(job));
  const scroller = useRef<HTMLDivElement>(null);
  const [options, setOptions] = useState<LogOptions>({ wrap: false, timestamps: false, minLevel: 0 });
  const [marked, setMarked] = useState(lineOfHash);
  const [goTo, setGoTo] = useState<{ place: number; wish: number }>();
  const { follow, setFollow, pause } = useFollow(scroller, state.kind !== 'ended' && state.kind !== 'failed');

  const passes = useCallback((number: number) => store.level(number) >= options.minLevel, [store, options.minLevel]);
  const filter = useLineIndex(store, revision, options.minLevel === 0 ? undefined : passes);
  const search = useLogSearch(store, revision, passes);
  const count = filter?.size ?? store.size;
  const show = useCallback(
    (number: number) => {
      pause();
      setMarked(number);
      const place = filter === undefined ? number - store.first : filter.placeOf(number);
      setGoTo((before) => ({ place, wish: (before?.wish ?? 0) + 1 }));
    },
    [filter, store, pause],
  );

  const wanted = useRef(lineOfHash());
  // biome-ignore lint/correctness/useExhaustiveDependencies: looks again after each batch until the line has arrived.
  useEffect(() => {
    if (wanted.current === undefined || wanted.current >= store.end) return;
    show(wanted.current);
    wanted.current = undefined;
  }, [revision, store, show]);

  const row = (place: number) => {
    const number = filter === undefined ? store.first + place : (filter.at(place) ?? 0);
    return (
      <Line
        key={number}
        number={number}
        source={store.line(number)}
        level={levelNames[store.level(number)]}
        marked={number === marked}
        timestamps={options.timestamps}
        pattern={search.pattern}
        onMark={setMarked}
      />
    );
  };
  const rows = { count, scroller, row, follow, goTo, revision };
  return (
    <section className="bs-log" aria-label="Log">
      <LogToolbar
        job={job}
        options={options}
        onOptions={setOptions}
        search={search}
        onShow={show}
        follow={follow}
        onFollow={setFollow}
        running={state.kind === 'live' || state.kind === 'loading'}
      />
      <LogNotice state={state} forgotten={store.first} />
      <div
        className={`bs-log__scroll${options.wrap ? ' bs-log__scroll--wrap' : ''}`}
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label="Log lines"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard.
        tabIndex={0}
      >
        {count === 0 ? <Empty state={state} filtered={filter !== undefined && store.size > 0} /> : null}
        {options.wrap ? <WrappedRows {...rows} /> : <FixedRows {...rows} />}
      </div>
      <div className="bs-log__foot">
        <span>
          {filter === undefined ? formatCount(store.end, 'line') : `${count} of ${formatCount(store.end, 'line')}`}
        </span>
        <span role="status">{stateWords(state)}</span>
      </div>
    </section>
  );
}

function stateWords(state: FollowState): string {
  if (state.kind === 'live') return 'Live';
  if (state.kind === 'loading') return 'Connecting';
  return state.kind === 'ended' ? 'Complete' : 'Not connected';
}

interface LineProps {
  number: number;
  source: string;
  level: string | undefined;
  marked: boolean;
  timestamps: boolean;
  pattern: RegExp | undefined;
  onMark: (number: number) => void;
}

function Line({ number, source, level, marked, timestamps, pattern, onMark }: LineProps) {
  const { instant, text } = useMemo(() => parseLine(source), [source]);
  const mark = (event: React.MouseEvent) => {
    event.preventDefault();
    window.history.replaceState(window.history.state, '', `#L${number + 1}`);
    onMark(number);
  };
  return (
    <div className={`bs-log__line bs-log__line--${level}${marked ? ' bs-log__line--marked' : ''}`}>
      <a
        href={`#L${number + 1}`}
        className="bs-log__number"
        onClick={mark}
        aria-label={`Line ${number + 1}`}
        tabIndex={-1}
      >
        {number + 1}
      </a>
      {timestamps && instant !== '' ? (
        <span className="bs-log__time" title={absoluteTime(instant)}>
          {instant}
        </span>
      ) : null}
      <span className="bs-log__text">
        <LogText text={text} pattern={pattern} />
      </span>
    </div>
  );
}

function LogNotice({ state, forgotten }: { state: FollowState; forgotten: number }) {
  if (state.kind === 'lost') {
    return <Alert variant="warning" isInline isPlain title={`${state.message} Trying again; nothing is lost.`} />;
  }
  if (forgotten === 0) return null;
  return (
    <Alert
      variant="info"
      isInline
      isPlain
      title={`The first ${formatCount(forgotten, 'line')} are not shown here any more. The download has all of them.`}
    />
  );
}

function Empty({ state, filtered }: { state: FollowState; filtered: boolean }) {
  if (filtered) return <p className="bs-log__empty">No line has this level.</p>;
  if (state.kind === 'failed') return <p className="bs-log__empty">{state.message}</p>;
  if (state.kind === 'ended') return <p className="bs-log__empty">The job wrote nothing.</p>;
  return <p className="bs-log__empty">Waiting for the first line.</p>;
}
