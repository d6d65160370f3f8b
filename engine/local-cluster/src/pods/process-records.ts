import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodFolder } from './pod-folder.ts';

/** One process of a container, as it must be known after a crash. */
export interface ProcessRecord {
  pid: number;
  /** See startOf. */
  started: string;
}

/** On the disk when it resolves. */
const sync = async (path: string, write?: string): Promise<void> => {
  const handle = await open(path, write === undefined ? 'r' : 'w', 0o600);
  try {
    if (write !== undefined) {
      await handle.writeFile(write);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** On the disk when it resolves. Others go on meanwhile: a disk may need long for it. */
export const writeRecord = async ({ records }: PodFolder, container: string, record: ProcessRecord): Promise<void> => {
  await mkdir(records, { recursive: true, mode: 0o700 });
  const path = join(records, container);
  await sync(`${path}.new`, JSON.stringify(record));
  await rename(`${path}.new`, path);
  await sync(records);
};

const parse = (text: string): ProcessRecord | undefined => {
  try {
    const { pid, started } = JSON.parse(text) as Partial<ProcessRecord>;
    return typeof pid === 'number' && pid > 1 && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
};

/** Whether the Pod has ever started a process is told by the folder; what may still run is in the list. */
export const readRecords = ({ records }: PodFolder): { started: boolean; processes: ProcessRecord[] } => {
  try {
    const names = readdirSync(records);
    const processes = names.map((name) => parse(readFileSync(join(records, name), 'utf8')));
    return { started: names.length > 0, processes: processes.filter((record) => record !== undefined) };
  } catch {
    return { started: false, processes: [] };
  }
};

export const removeRecords = ({ records }: PodFolder): void => rmSync(records, { recursive: true, force: true });
