import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { PodFolder } from './pod-folder.ts';

/** One process of a container, as it must be known after a crash. */
export interface ProcessRecord {
  pid: number;
  /** See startOf. */
  started: string;
}

const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** On the disk when it returns. */
export const writeRecord = ({ records }: PodFolder, container: string, record: ProcessRecord): void => {
  mkdirSync(records, { recursive: true, mode: 0o700 });
  const path = join(records, container);
  const handle = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(handle, JSON.stringify(record));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${path}.new`, path);
  syncFolder(records);
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
