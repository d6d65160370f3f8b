// A reporter of vitest: its outcome, with the failures of hooks and files, which its JSON report leaves out.
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

export default class VitestOutcome {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const failures = unhandledErrors.map((error) => failure('outside of any test', [error]));
    for (const module of modules) {
      const file = path.relative(process.cwd(), module.moduleId);
      if (module.errors().length > 0) failures.push(failure(file, module.errors()));
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) failures.push(failure(`${file} > ${suite.fullName}`, suite.errors()));
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        counts[state] += 1;
        if (state === 'failed') failures.push(failure(`${file} > ${test.fullName}`, errors));
      }
    }
    const { passed, skipped } = counts;
    fs.writeFileSync(process.env.VITEST_OUTCOME, JSON.stringify({ passed, skipped, failures }));
  }
}

const failure = (title, errors) => ({
  title,
  messages: errors.flatMap(({ message, stack, diff }) => [diff ? `${message}\n${diff}` : (stack ?? message)]),
});
