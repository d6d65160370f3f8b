import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

/** Name, labels and time of the image, from release.yaml. The time is SOURCE_DATE_EPOCH, or that of the last commit. */
export function readRelease(root) {
  const { parse } = createRequire(path.join(root, 'kubernetes/package.json'))('yaml');
  const set = parse(fs.readFileSync(path.join(root, 'release.yaml'), 'utf8'));
  const parts = Object.entries(set.parts).map(([name, version]) => [`io.backstay.${name}`, version]);
  return {
    image: set.image,
    epoch: Number(process.env.SOURCE_DATE_EPOCH ?? lastCommit(root)),
    labels: {
      'org.opencontainers.image.title': 'Backstay',
      'org.opencontainers.image.description': 'Console, controller, repository and client of one release',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': set.release,
      ...Object.fromEntries(parts),
    },
  };
}

function lastCommit(root) {
  const { stdout, status } = spawnSync('git', ['-C', root, 'log', '-1', '--format=%ct'], { encoding: 'utf8' });
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : '0';
}
