import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** A third of the weight: what else runs on the machine slows a backup down, but stops none. */
const step = 5;
const most = 19;

/**
 * Lets this program go first where the processor is short: it answers people and takes in the backups of all Pods. A Kubernetes
 * node does the same with Pods that request no processor. What the process starts later inherits it.
 */
export const yieldProcessor = (pid: number): void => {
  const niceness = Math.min(getPriority() + step, most);
  try {
    setPriority(pid, niceness);
    // Linux may weigh whole sessions against each other, and a Pod's container is one: sched(7), "The autogroup feature".
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // The process has ended, or the system knows no such thing, or not now: it works either way.
  }
};
