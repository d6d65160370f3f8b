import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** In the environment of every process of a Pod: finds those that left their group. */
export const podMarker = 'BACKSTAY_POD_UID';

const hasProc = existsSync('/proc/self/stat');

/** When a process started, in a form that only compares; undefined when it is gone. With the pid it names one process for ever. */
export const startOf = (pid: number): string | undefined => {
  try {
    if (!hasProc) {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold spaces and brackets: what counts stands after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

/** Sends a signal to a process group; false when nothing is in it. */
export const signalGroup = (group: number, signal: NodeJS.Signals): boolean => {
  // 0 and 1 would mean this process's own group and everything.
  if (group <= 1) {
    return false;
  }
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
};

const environmentOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
};

/** Processes that carry the marker of one of the Pods, where the system tells. */
const markedProcesses = (uids: ReadonlySet<string>): number[] => {
  if (!hasProc) {
    return [];
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const entry = environmentOf(pid)
        .split('\0')
        .find((line) => line.startsWith(`${podMarker}=`));
      return entry !== undefined && uids.has(entry.slice(podMarker.length + 1));
    })
    .map(Number);
};

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};

const patience = 5000;
const pauseNow = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

/** Kills every process of the Pods, also those that are being started meanwhile, and waits for their end. Returns how many
 * it found. */
export const killMarked = (uids: ReadonlySet<string>): number => {
  const found = new Set<number>();
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    const pids = markedProcesses(uids).filter((pid) => pid !== process.pid && startOf(pid) !== undefined);
    if (pids.length === 0) {
      break;
    }
    for (const pid of pids) {
      kill(pid);
      found.add(pid);
    }
    pauseNow(5);
  }
  return found.size;
};
