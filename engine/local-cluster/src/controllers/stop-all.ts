/** One function that calls them all. */
export const stopAll =
  (stops: readonly (() => void)[]): (() => void) =>
  () => {
    for (const stop of stops) {
      stop();
    }
  };
