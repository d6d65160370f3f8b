import type { Command } from 'commander';
import { stringify } from 'yaml';
import { releaseSet } from '../release-set.gen.ts';
import { version } from '../version.ts';

interface VersionFlags {
  readonly set?: boolean;
  readonly json?: boolean;
}

export function addVersionCommand(program: Command): void {
  program
    .command('version')
    .description('print the version')
    .option('--set', 'print the versions of all parts that belong together')
    .option('--json', 'print JSON')
    .action((flags: VersionFlags) => void process.stdout.write(`${versionText(flags)}\n`));
}

/** The version alone, or the whole set; as text or as one line of JSON. */
export function versionText({ set, json }: VersionFlags): string {
  if (json) return JSON.stringify(set ? releaseSet : { release: version });
  return set ? stringify(releaseSet).trimEnd() : version;
}
