import { expect, test } from 'vitest';
import { schedule, uid } from '../../test/fixtures.ts';
import { judge } from './verdict.ts';

const of = (...states: ReturnType<typeof schedule>['state'][]) =>
  judge(states.map((state, index) => schedule({ id: uid(index), state })));

test('green only when every schedule has a stored, young backup', () => {
  expect(of('protected', 'protected').tone).toBe('success');
  for (const state of ['paused', 'never-ran', 'overdue', 'failing', 'invalid'] as const) {
    expect(of('protected', state).tone).not.toBe('success');
    expect(of(state).tone).not.toBe('success');
  }
  expect(of().tone).not.toBe('success');
});

test('the worst decides, and is named first', () => {
  const verdict = of('never-ran', 'overdue', 'protected', 'failing');
  expect(verdict.tone).toBe('danger');
  expect(verdict.because.map(({ state }) => state)).toEqual(['failing', 'overdue', 'never-ran']);
});
