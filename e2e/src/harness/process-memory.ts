import fs from 'node:fs';

const field = (pid: number, name: string): number => {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // It has ended.
    return 0;
  }
};

/** MiB of resident memory, now. */
export const residentMemory = (pid: number): number => Math.round(field(pid, 'VmRSS'));

/** MiB of resident memory at its highest, since the start of the process or {@link forgetPeak}. */
export const peakMemory = (pid: number): number => Math.round(field(pid, 'VmHWM'));

export const forgetPeak = (pid: number): void => fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Follows a process that will be gone when its peak is asked for. */
export function watchPeak(pid: number): { stop(): number } {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, peakMemory(pid));
  };
  const timer = setInterval(look, 25);
  look();
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}
