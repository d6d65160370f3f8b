import cronstrue from 'cronstrue';

const macros: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** A cron expression that Kubernetes accepts, in words; the expression itself where there are none. */
export function cronWords(cron: string): string {
  if (cron.startsWith('@every ')) return `Every ${cron.slice(7)}`;
  try {
    return cronstrue.toString(macros[cron] ?? cron, { use24HourTimeFormat: true, verbose: false });
  } catch {
    return cron;
  }
}
