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
  return { name, passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
};

const vitest = (name, args) => () => {
  const report = path.join(results, `${name}.json`);
  const { status } = spawnSync(
    tool('vitest'),
    ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { stdio: 'inherit', cwd: root, env },
  );
  return counted({ name, status, report }, (json) => ({
    passed: json.numPassedTests,
    failed: json.numFailedTests,
    skipped: json.numPendingTests,
  }));
};

const playwright = () => {
  const report = path.join(results, 'journeys.json');
  const { status } = spawnSync(e2eTool('playwright'), ['test', '--config', 'e2e/playwright.config.ts'], {
    stdio: 'inherit',
    cwd: root,
    env: { ...env, CHROMIUM: chromium() ?? '', PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  });
  return counted({ name: 'journeys', status, report }, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  }));
};

/** A runner that ends badly without a failed test (crash, nothing found) counts as one failure. */
function counted({ name, status, report }, read) {
  const counts = fs.existsSync(report) ? read(JSON.parse(fs.readFileSync(report, 'utf8'))) : { passed: 0, failed: 0 };
  const failed = status !== 0 && counts.failed === 0 ? 1 : counts.failed;
  return { name, ...counts, failed };
}

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
  const failed = outcomes.filter(({ broken }) => broken > 0).length;
  const skipped = outcomes.filter((outcome) => outcome.skipped !== undefined).length;
  const crashed = status !== 0 && failed === 0 ? 1 : 0;
  return { name: 'faults', passed: outcomes.length - failed - skipped, failed: failed + crashed, skipped };
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

const sum = (member) => outcomes.reduce((total, outcome) => total + (outcome[member] ?? 0), 0);
for (const { name, passed, failed, skipped, seconds } of outcomes) {
  process.stdout.write(
    `${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''} (${seconds} s)\n`,
  );
}
const skipped = sum('skipped');
process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''}\n`);
process.exit(sum('failed') > 0 ? 1 : 0);
