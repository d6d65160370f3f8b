export { type Console, type ConsoleOptions, startConsole } from './console.ts';
export type { Identity } from './identity/identity.ts';
