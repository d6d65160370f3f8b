import type { Logger } from 'pino';
import type { Registry } from '../registry/registry.ts';
import type { Clock } from './clock.ts';
import type { ControlledObjects } from './controlled-objects.ts';

/** What every controller works with. */
export interface ControllerContext {
  registry: Registry;
  clock: Clock;
  logger: Logger;
  pods: ControlledObjects;
  jobs: ControlledObjects;
  replicaSets: ControlledObjects;
}
