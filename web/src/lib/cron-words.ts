import { cronDescriptors } from '@backstay/shared';
import cronstrue from 'cronstrue';

/** A cron expression that Kubernetes accepts, in words; the expression itself where there are none. */
export function cronWords(cron: string): string {
  if (cron.startsWith('@every ')) return `Every ${cron.slice(7)}`;
  try {
    return cronstrue.toString(cronDescriptors[cron] ?? cron, { use24HourTimeFormat: true, verbose: false });
  } catch {
    return cron;
  }
}
