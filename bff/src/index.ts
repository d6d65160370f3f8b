export { type Console, type ConsoleOptions, startConsole } from './console.ts';
export type { Identity } from './identity/identity.ts';
export { newSignInCode } from './identity/new-sign-in-code.ts';
