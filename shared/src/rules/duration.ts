const hour = 3_600_000;
const minute = 60_000;

/** Writes milliseconds as Go prints a duration (`30m0s`, `1h0m0s`, `1.5s`, `250ms`), which `parseGoDuration` reads back. */
export const formatGoDuration = (milliseconds: number): string => {
  if (milliseconds < 0) {
    return `-${formatGoDuration(-milliseconds)}`;
  }
  if (milliseconds === 0) {
    return '0s';
  }
  if (milliseconds < 1000) {
    return `${milliseconds}ms`;
  }
  const hours = Math.floor(milliseconds / hour);
  const minutes = Math.floor((milliseconds % hour) / minute);
  const seconds = `${(milliseconds % minute) / 1000}s`;
  if (hours > 0) {
    return `${hours}h${minutes}m${seconds}`;
  }
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
};
