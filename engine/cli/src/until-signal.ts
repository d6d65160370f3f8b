/** A terminal's Ctrl-C reaches this process twice, from the terminal and from npm: what follows this soon is the same one. */
const sameMilliseconds = 1000;

/**
 * Resolves with the first SIGTERM, SIGINT or SIGHUP, or when the script that started this process is gone. A later SIGINT ends
 * the process at once.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const on = (signal: NodeJS.Signals): void => {
      if (first !== undefined && signal === 'SIGINT' && Date.now() - first > sameMilliseconds) process.exit(130);
      first ??= Date.now();
      resolve(signal);
    };
    process.on('disconnect', () => on('SIGTERM'));
    process.channel?.unref();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, on);
  });
}
