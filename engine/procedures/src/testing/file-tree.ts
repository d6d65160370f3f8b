import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

const describeOne = (file: string): string => {
  const stat = lstatSync(file, { bigint: true });
  const common = [stat.mode.toString(8), stat.uid, stat.gid, stat.mtimeNs].join(' ');
  if (stat.isSymbolicLink()) return `${common} -> ${readlinkSync(file)}`;
  if (stat.isFile()) {
    return `${common} links=${stat.nlink} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
  }
  return common;
};

/** Everything about a folder that a restore must bring back, by relative name. */
export const describeTree = (root: string): Record<string, string> => {
  const names = readdirSync(root, { recursive: true, encoding: 'latin1' }).sort();
  const entries = names.map(
    (name) => [name, describeOne(path.join(root, Buffer.from(name, 'latin1').toString()))] as const,
  );
  return { '.': describeOne(root), ...Object.fromEntries(entries) };
};
