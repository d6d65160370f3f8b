import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { findBuiltInProcedure, type Operation } from '@backstay/shared';
import { readHelmValues } from '../manifests/helm-values.ts';
import { ProcedureError } from '../procedure-error.ts';
import { scriptEnvironment, withDefaults } from '../scripts/environment.ts';
import { completeDefinition } from '../vars/definition.ts';
import { parseDefinition } from '../vars/yaml.ts';
import { readInput } from './run-procedure.ts';
import type { TemplateFolders } from './template-store.ts';

export interface CheckFlags {
  readonly template: string;
  readonly definition: string;
  readonly operation: Operation;
}

/** What would go wrong, by parameter. */
export interface CheckProblem {
  readonly parameter: string;
  readonly message: string;
}

const longest = 60_000;

/**
 * Runs the check script of a built-in procedure here, with the values of a definition. Values expand as they do in a Pod, from `environment`
 * and HelmValues.env.
 *
 * @throws ProcedureError when there is nothing that could be run, or when it breaks off.
 */
export const checkProcedure = (
  { template, definition: file, operation }: CheckFlags,
  { workingDirectory }: TemplateFolders,
  environment: Readonly<Record<string, string | undefined>>,
): CheckProblem[] => {
  const procedure = findBuiltInProcedure(template);
  if (!procedure) throw new ProcedureError(`Only built-in procedures have a check, and "${template}" is none.`);
  const text = readInput(path.resolve(workingDirectory, file), '--definition');
  const definition = withDefaults(completeDefinition(parseDefinition(text, 'file', file), {}), procedure);
  const own = Object.entries(readHelmValues(definition).env ?? {}).map(([name, value]) => [name, value ?? ''] as const);
  const env = {
    ...environment,
    ...Object.fromEntries(own),
    ...scriptEnvironment(definition),
    BM_OPERATION: operation,
  };
  const { status, stdout, error } = spawnSync('/bin/bash', ['-c', procedure.check], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: longest,
  });
  if (error || status !== 0) {
    throw new ProcedureError(`The check broke off${error ? `: ${error.message}` : ` with exit code ${status}`}.`);
  }
  return stdout.split('\n').filter(Boolean).map(toProblem);
};

const toProblem = (line: string): CheckProblem => {
  const [parameter = '', ...message] = line.split('\t');
  return { parameter, message: message.join(' ') };
};
