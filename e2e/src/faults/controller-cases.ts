import { clockJumps } from './controller/t16-clocks.ts';
import { watchExpired } from './controller/t26-watch-expired.ts';
import { apiserverAway } from './controller/t27-apiserver-away.ts';
import { halfOpenWatch } from './controller/t28-half-open.ts';
import { twoControllers } from './controller/t29-two-controllers.ts';
import { killedController } from './controller/t30-killed-controller.ts';
import { conflicts } from './controller/t31-conflicts.ts';
import { missedRuns } from './controller/t32-missed-runs.ts';
import type { FaultCase } from './fault-case.ts';

/** What hurts the controller, its watches and the rules of its clocks. */
export const controllerCases: readonly FaultCase[] = [
  clockJumps,
  watchExpired,
  apiserverAway,
  halfOpenWatch,
  twoControllers,
  killedController,
  conflicts,
  missedRuns,
];
