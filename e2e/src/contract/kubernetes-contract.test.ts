import { afterAll, beforeAll, describe, it } from 'vitest';
import { Api } from './api.ts';
import { applySuite } from './apply.suite.ts';
import { builtInKindSuite } from './built-in-kinds.suite.ts';
import { customResourceDefinitionSuite } from './custom-resource-definitions.suite.ts';
import { customResourceRuleSuite } from './custom-resource-rules.suite.ts';
import { customResourceSuite } from './custom-resources.suite.ts';
import { listWatchSuite } from './list-watch.suite.ts';
import { objectValidationSuite } from './object-validation.suite.ts';
import { objectSuite } from './objects.suite.ts';
import { patchSuite } from './patch.suite.ts';
import { serverSuite } from './server.suite.ts';
import { targets } from './targets.ts';

describe.each(targets)('$name', (target) => {
  if (target.missing) {
    it.skip(`is not tested: ${target.missing}`, () => undefined);
    return;
  }
  let stop: () => Promise<void>;
  let api: Api;

  beforeAll(async () => {
    const started = await target.start();
    api = new Api(started);
    stop = async () => {
      api.close();
      await started.stop();
    };
  });
  afterAll(() => stop());

  const suites = [
    objectSuite,
    objectValidationSuite,
    builtInKindSuite,
    patchSuite,
    applySuite,
    listWatchSuite,
    customResourceDefinitionSuite,
    customResourceRuleSuite,
    customResourceSuite,
    serverSuite,
  ];
  for (const suite of suites) suite(() => api);
});
