// What a runner's report says, told alike: counts, and each failure with its reason.
// A log is often kept by its end only: whoever reads that must learn there what failed.
import fs from 'node:fs';

/** Lines of a failure's message that are shown again at the end: enough for the assertion, its difference and the place. */
const SHOWN_LINES = 25;

/** A runner that ends badly without a failure in its report (crash, nothing found) counts as one. */
export function outcomeOf({ name, status, report }, read) {
  const told = fs.existsSync(report)
    ? read(JSON.parse(fs.readFileSync(report, 'utf8')))
    : { passed: 0, failures: [`no report was written (exit status ${status})`] };
  const failures =
    status !== 0 && told.failures.length === 0
      ? [`ended with status ${status}, and no test failed: see its log above`]
      : told.failures;
  return { name, passed: told.passed, skipped: told.skipped, failed: failures.length, failures };
}

/** What {@link VitestOutcome} wrote. */
export const readVitest = ({ passed, skipped, failures }) => ({
  passed,
  skipped,
  failures: failures.map(({ title, messages }) => failure(title, messages)),
});

export function readPlaywright({ stats, suites }) {
  const failures = suites.flatMap(specsOf).flatMap(({ file, line, title, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected')
      .map(({ results }) =>
        failure(
          `${file}:${line} > ${title}`,
          (results.at(-1)?.errors ?? []).map(({ message }) => message),
        ),
      ),
  );
  return { passed: stats.expected + stats.flaky, skipped: stats.skipped, failures };
}

const specsOf = ({ specs = [], suites = [] }) => [...specs, ...suites.flatMap(specsOf)];

/** Without the frames of the runner. */
const failure = (title, messages) => {
  const lines = messages
    .flatMap((message) => message.split('\n'))
    .filter((line) => !/^\s+at .*node_modules/.test(line));
  return [title, ...lines.slice(0, SHOWN_LINES)].join('\n    ').trimEnd();
};
