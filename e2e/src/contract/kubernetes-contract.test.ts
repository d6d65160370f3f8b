import { afterAll, beforeAll, describe, it } from 'vitest';
import { Api } from './api.ts';
import { applySuite } from './apply.suite.ts';
import { customResourceSuite } from './custom-resources.suite.ts';
import { listWatchSuite } from './list-watch.suite.ts';
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

  const suites = [objectSuite, patchSuite, applySuite, listWatchSuite, customResourceSuite, serverSuite];
  for (const suite of suites) suite(() => api);
});
