// Everything that `npm test` runs, in order, each to its end. The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { clusterBinaries } from '../e2e/src/kubernetes/prerequisites.ts';
import { ensureBuilt } from './lib/build-state.mjs';
import { root } from './lib/paths.mjs';
import { bringPrerequisites, chromium, versitygw } from './lib/prerequisites.mjs';
import { outcomeOf, readPlaywright, readVitest } from './lib/test-outcomes.mjs';
import { testSeed } from './lib/test-seed.mjs';

const results = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-test-'));
const tool = (name) => path.join(root, 'node_modules/.bin', name);
const e2eTool = (name) => path.join(root, 'e2e/node_modules/.bin', name);
bringKubernetes();
const missing = bringPrerequisites();
const seed = String(testSeed());
const env = {
  FUZZ_SEED: seed,
  GO_TEMPLATE_FUZZ_SEED: seed,
  ...process.env,
  ...(chromium() ? { CHROMIUM: chromium() } : {}),
  ...(versitygw() ? { VERSITYGW: versitygw() } : {}),
};
if (missing.length > 0 && process.env.CI === 'true') {
  process.stdout.write(
    `These are missing and could not be installed: ${missing.join(', ')}\n0 passed, ${missing.length} failed\n`,
  );
  process.exit(1);
}

/** The tests find Kubernetes by KUBEBUILDER_ASSETS. Only CI builds it where it is absent: that takes longer than all tests together. */
function bringKubernetes() {
  if (clusterBinaries() === undefined && process.env.CI === 'true') {
    spawnSync(process.execPath, [path.join(root, 'e2e/kubernetes/build.mjs')], { stdio: 'inherit', cwd: root });
  }
  const found = clusterBinaries();
  if (found !== undefined) process.env.KUBEBUILDER_ASSETS ??= found;
}

const check = (name, script) => () => {
  const { status } = spawnSync(process.execPath, [path.join(root, script)], { stdio: 'inherit', cwd: root, env });
  const failures = status === 0 ? [] : [`\`npm run ${name}\` ended with status ${status}: see its log above`];
  return { name, passed: 1 - failures.length, failed: failures.length, failures };
};

const vitest = (name, args) => () => {
  const report = path.join(results, `${name}.json`);
  const { status } = spawnSync(
    tool('vitest'),
    ['run', ...args, '--reporter=default', `--reporter=${path.join(root, 'scripts/lib/vitest-outcome.mjs')}`],
    { stdio: 'inherit', cwd: root, env: { ...env, VITEST_OUTCOME: report } },
  );
  return outcomeOf({ name, status, report }, readVitest);
};

const playwright = () => {
  const report = path.join(results, 'journeys.json');
  const { status } = spawnSync(e2eTool('playwright'), ['test', '--config', 'e2e/playwright.config.ts'], {
    stdio: 'inherit',
    cwd: root,
    env: { ...env, CHROMIUM: chromium() ?? '', PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  });
  return outcomeOf({ name: 'journeys', status, report }, readPlaywright);
};

/** The short runs of the fault cases: a case passes when nothing broke. */
const faults = () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [path.join(root, 'e2e/src/faults/main.ts'), '--json', '--seed', seed],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: root,
      env,
      encoding: 'utf8',
    },
  );
  process.stdout.write(stdout);
  const outcomes = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const broken = outcomes.filter((outcome) => outcome.broken > 0);
  const skipped = outcomes.filter((outcome) => outcome.skipped !== undefined).length;
  const failures = broken.map((one) => [`${one.case} --seed ${one.seed}`, ...one.reasons].join('\n    '));
  if (status !== 0 && broken.length === 0) failures.push(`ended with status ${status}: see its log above`);
  return {
    name: 'faults',
    passed: outcomes.length - broken.length - skipped,
    failed: failures.length,
    skipped,
    failures,
  };
};

const steps = [
  check('lint', 'scripts/lint.mjs'),
  check('types', 'scripts/types.mjs'),
  vitest('unit', []),
  vitest('contract', ['--config', 'e2e/vitest.config.ts']),
  faults,
  playwright,
  vitest('kubernetes', ['--config', 'e2e/kubernetes.vitest.config.ts']),
];

await ensureBuilt(process.execPath);
const outcomes = [];
for (const step of steps) {
  const started = Date.now();
  const outcome = step();
  outcomes.push({ ...outcome, seconds: Math.round((Date.now() - started) / 1000) });
}
fs.rmSync(results, { recursive: true, force: true });

for (const { name, failures } of outcomes) {
  for (const failure of failures) process.stdout.write(`FAILED ${name}: ${failure}\n`);
}
const sum = (member) => outcomes.reduce((total, outcome) => total + (outcome[member] ?? 0), 0);
for (const { name, passed, failed, skipped, seconds } of outcomes) {
  process.stdout.write(
    `${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''} (${seconds} s)\n`,
  );
}
const skipped = sum('skipped');
process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''}\n`);
process.exit(sum('failed') > 0 ? 1 : 0);
