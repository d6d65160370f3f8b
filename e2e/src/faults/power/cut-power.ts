import fs from 'node:fs';
import path from 'node:path';

interface Noted {
  /** Inode of a file whose bytes were changed. */
  written?: number;
  /** Inode of a file or folder that reached the disk as it is. */
  synced?: number;
  /** A name that was given, in the folder of that inode. */
  named?: string;
  folder?: number;
}

/** What the disk would not have after a power cut: contents by inode, names by path. */
function lostBy(journal: string): { contents: Set<number>; names: Map<string, number> } {
  const contents = new Set<number>();
  const names = new Map<string, number>();
  for (const line of journal.split('\n')) {
    // The last line may be cut by the kill.
    if (!line.endsWith('}')) continue;
    const { written, synced, named, folder } = JSON.parse(line) as Noted;
    if (written !== undefined) contents.add(written);
    if (named !== undefined && folder !== undefined) names.set(named, folder);
    if (synced === undefined) continue;
    contents.delete(synced);
    for (const [name, inFolder] of names) if (inFolder === synced) names.delete(name);
  }
  return { contents, names };
}

/**
 * Makes the files below `root` what the hardest disk would hold after a power cut: bytes that were never synced are zeros,
 * names whose folder was never synced are gone. The process that wrote the journal must be dead.
 */
export function cutPower(journalFile: string, root: string): void {
  const { contents, names } = lostBy(fs.readFileSync(journalFile, 'utf8'));
  for (const name of names.keys()) fs.rmSync(name, { force: true });
  for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const stats = fs.statSync(file, { throwIfNoEntry: false });
    if (!stats?.isFile() || !contents.has(stats.ino)) continue;
    fs.truncateSync(file, 0);
    fs.truncateSync(file, stats.size);
  }
  fs.truncateSync(journalFile, 0);
}
