import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A program that is linked statically, and the names under which it stands in /bin. */
export interface StaticProgram {
  readonly file: string;
  readonly names: readonly string[];
}

export interface BareEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly log: string;
}

/** The file system of an image that has one static program, /proc, /dev/null and an empty folder, and no C library. */
export class BareRoot {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bare-root-'));

  constructor({ file, names }: StaticProgram) {
    for (const name of ['bin', 'proc', 'dev', 'mnt/init', 'tmp'])
      fs.mkdirSync(path.join(this.folder, name), { recursive: true });
    fs.writeFileSync(path.join(this.folder, 'dev/null'), '');
    const [first = '', ...others] = names;
    fs.copyFileSync(file, path.join(this.folder, 'bin', first));
    for (const name of others) fs.symlinkSync(first, path.join(this.folder, 'bin', name));
  }

  put(file: string, name: string): string {
    fs.copyFileSync(file, path.join(this.folder, name));
    return `/${name}`;
  }

  /** Runs a program of the root, with the network of this machine and nothing else of it. */
  async run(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<BareEnd> {
    const mounts = 'mount -t proc proc "$1/proc"; mount --bind /dev/null "$1/dev/null"';
    const enter = `${mounts}; root=$1; shift; exec chroot "$root" "$@"`;
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    // The variables are for the program only: not for the loader of those that lead to it.
    const [program = '', ...rest] = argv;
    const child = spawn(
      'unshare',
      [
        ...[
          '--user',
          '--map-root-user',
          '--mount',
          '--pid',
          '--fork',
          '--kill-child',
          '/bin/sh',
          '-ec',
          enter,
          'enter',
        ],
        ...[this.folder, '/bin/env', '-i', ...variables, program, ...rest],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let stdout = '';
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    await once(child, 'close');
    return { exitCode: child.exitCode, stdout, log };
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
