// @vitest-environment jsdom
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type FollowState, followLog } from './follow-log.ts';

const server = setupServer();
beforeAll(() => server.listen());
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const line = (second: number, text: string): string => `2026-11-23T02:00:0${second}.000Z ${text}\n`;

const stream = (parts: readonly string[]): Response => {
  const left = [...parts];
  return new HttpResponse(
    new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const part = left.shift();
        if (part !== undefined) controller.enqueue(new TextEncoder().encode(part));
        else controller.close();
      },
    }),
    { headers: { 'content-type': 'text/plain' } },
  );
};

async function follow(replies: Response[], isOver: () => boolean) {
  const asked: (string | null)[] = [];
  const states: FollowState['kind'][] = [];
  let text = '';
  server.use(
    http.get('/api/jobs/default/j/log', ({ request }) => {
      asked.push(new URL(request.url).searchParams.get('since'));
      return replies.shift() ?? stream([]);
    }),
  );
  await followLog({
    namespace: 'default',
    name: 'j',
    onText: (more) => {
      text += more;
    },
    onState: ({ kind }) => states.push(kind),
    isOver,
    signal: new AbortController().signal,
    retryAfter: 1,
  });
  return { asked, states, text };
}

test('goes on after a cut from the last whole line, and gives no line twice', async () => {
  const replies = [
    stream([line(1, 'a'), `${line(2, 'b')}${line(2, 'c')}2026-11-23T02:00:03`]),
    HttpResponse.error(),
    stream([line(2, 'b') + line(2, 'c'), line(2, 'd'), line(3, 'e')]),
  ];
  const { asked, states, text } = await follow(replies, () => replies.length === 0);
  expect(text).toBe(line(1, 'a') + line(2, 'b') + line(2, 'c') + line(2, 'd') + line(3, 'e'));
  expect(asked).toEqual([null, '2026-11-23T02:00:02.000Z', '2026-11-23T02:00:02.000Z']);
  expect(states).toEqual(['loading', 'live', 'lost', 'live', 'ended']);
});

test('waits for the log of a job that has just been made', async () => {
  const missing = HttpResponse.json(
    { error: { code: 'not_found', message: 'No log.' }, requestId: 'r' },
    { status: 404 },
  );
  const replies: Response[] = [missing, stream([line(1, 'a')])];
  const { states, text } = await follow(replies, () => replies.length === 0);
  expect(text).toBe(line(1, 'a'));
  expect(states.at(-1)).toBe('ended');
});

test('gives up with the reason when there never will be a log', async () => {
  const gone = HttpResponse.json(
    { error: { code: 'not_found', message: 'No log was kept.' }, requestId: 'r' },
    { status: 404 },
  );
  const { states } = await follow([gone], () => true);
  expect(states).toEqual(['loading', 'failed']);
});
