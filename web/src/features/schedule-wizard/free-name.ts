import type { ScheduleSummary } from '@backstay/shared';

/** `files`, or `files-2` and so on when a schedule of any namespace has that name. */
export function freeName(wanted: string, schedules: readonly Pick<ScheduleSummary, 'name'>[]): string {
  const taken = new Set(schedules.map(({ name }) => name));
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}
