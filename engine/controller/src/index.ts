export { installCustomResources } from './install-custom-resources.ts';
export { leaseName } from './leader/leader-election.ts';
export type { Logger } from './logger.ts';
export { type ControllerMetrics, createControllerMetrics } from './observability/controller-metrics.ts';
export { parseBindAddress } from './observability/serve.ts';
export { serveController } from './observability/serve-controller.ts';
export { controllerRoles, controllerRules, type PolicyRule, personRoles } from './rbac.ts';
export { type Controller, type ControllerOptions, startController } from './start-controller.ts';
