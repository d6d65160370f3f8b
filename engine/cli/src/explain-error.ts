import { CommanderError } from 'commander';
import { SettingsError } from './settings.ts';

export interface Explanation {
  /** 0 done, 1 failed, 2 bad usage or settings. */
  readonly exitCode: number;
  /** For the person at the terminal; absent when it has been told already. */
  readonly message?: string;
}

/** What a command that threw this tells, and ends with. */
export function explainError(error: unknown): Explanation {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2 };
  if (!(error instanceof Error)) return { exitCode: 1, message: String(error) };
  if (error instanceof SettingsError) return { exitCode: 2, message: error.message };
  return { exitCode: 1, message: portTaken(error) ?? error.message };
}

function portTaken(error: NodeJS.ErrnoException & { address?: string; port?: number }): string | undefined {
  if (error.code !== 'EADDRINUSE') return undefined;
  return [
    `Port ${error.port} of ${error.address} is taken by another program. Stop that one, or choose another port:`,
    '  BACKSTAY_PORT for the console, BACKSTAY_KUBERNETES_PORT for the Kubernetes API, BACKSTAY_REPOSITORY_PORT for the repository.',
  ].join('\n');
}
