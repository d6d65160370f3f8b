import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cache } from './paths.mjs';

const skipped = new Set(['node_modules', 'dist', '.cache', '.git', 'test-results']);

/** Hex SHA-256 over the names and contents of files and folders, tests apart. */
export function hashOf(places) {
  const hash = createHash('sha256');
  for (const place of places) addTo(hash, place);
  return hash.digest('hex');
}

function addTo(hash, place) {
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isDirectory()) {
    for (const entry of fs.readdirSync(place).sort()) if (!skipped.has(entry)) addTo(hash, path.join(place, entry));
    return;
  }
  if (/\.test\.tsx?$/.test(place)) return;
  hash.update(`${place}\0${stat.size}\0`).update(fs.readFileSync(place));
}

/**
 * Runs `work` unless it was done for this very hash before and its `result` still stands. Two commands at once do it one
 * after the other.
 */
export async function onceFor({ name, hash, result, work }) {
  const stamp = path.join(cache, `${name}.stamp`);
  const isDone = () => fs.existsSync(result) && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hash;
  if (isDone()) return;
  fs.mkdirSync(cache, { recursive: true });
  const release = await lock(path.join(cache, `${name}.lock`));
  try {
    if (isDone()) return;
    fs.rmSync(stamp, { force: true });
    await work();
    fs.writeFileSync(stamp, hash);
  } finally {
    release();
  }
}

async function lock(file) {
  for (let said = false; ; ) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isHeld(file)) {
      fs.rmSync(file, { force: true });
      continue;
    }
    if (!said) process.stderr.write('Waiting for another set-up of this folder to end…\n');
    said = true;
    await sleep(300);
  }
}

function isHeld(file) {
  try {
    process.kill(Number(fs.readFileSync(file, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
