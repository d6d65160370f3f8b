import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dnsSubdomainPattern, type KubeObject, type Operation } from '@backstay/shared';
import { stringify } from 'yaml';
import { readHelmValues } from '../manifests/helm-values.ts';
import { podPaths } from '../manifests/layout.ts';
import type { Runnable } from '../manifests/manifest-input.ts';
import { renderManifests } from '../manifests/render-manifests.ts';
import { ProcedureError } from '../procedure-error.ts';
import { type ProcedureSource, renderScript } from '../scripts/procedure-source.ts';
import { completeDefinition, type Definition } from '../vars/definition.ts';
import { parseDefinition } from '../vars/yaml.ts';
import { plainScript } from './plain-script.ts';
import { findProcedure, type TemplateFolders } from './template-store.ts';

export interface ProcedureFlags {
  readonly template: string;
  readonly definition: string;
  readonly kubernetes: boolean;
  readonly gpgKeyPath: string;
  readonly outputDir: string;
  readonly k8sJobSchedule?: string;
  readonly k8sName: string;
  readonly k8sImage: string;
  readonly k8sNamespace: string;
}

interface Rendering {
  readonly operation: Operation;
  readonly flags: ProcedureFlags;
  readonly source: ProcedureSource;
  readonly definition: Definition;
  readonly key: string;
}

/**
 * Writes the script, or the manifests, of one operation. Returns the files that were written.
 *
 * @throws ProcedureError with a message for people.
 */
export const runProcedure = (operation: Operation, flags: ProcedureFlags, folders: TemplateFolders): string[] => {
  if (flags.template === '')
    throw new ProcedureError('Name a template with --template, for example --template postgresql.');
  const output = path.resolve(folders.workingDirectory, flags.outputDir);
  if (!existsSync(output) || !statSync(output).isDirectory()) {
    throw new ProcedureError(`--output-dir ${flags.outputDir} is not a folder. Create it first.`);
  }
  const read = (file: string, flag: string) => readInput(path.resolve(folders.workingDirectory, file), flag);
  const definition = completeDefinition(
    parseDefinition(read(flags.definition, '--definition'), 'file', flags.definition),
    {},
  );
  const rendering: Rendering = {
    operation,
    flags,
    source: findProcedure(flags.template, folders),
    definition,
    key: read(flags.gpgKeyPath, '--gpg-key-path'),
  };
  return flags.kubernetes ? writeManifests(output, rendering) : writeScript(output, rendering);
};

/** Reads a file that a flag names. */
export const readInput = (file: string, flag: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ProcedureError(`${file} ${reason}. Name another file with ${flag}.`);
  }
};

/** An existing file keeps its mode when it is written again, so the mode is set besides. */
const write = (file: string, text: string, mode: number): string => {
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  return file;
};

const writeScript = (output: string, { operation, source, definition, key }: Rendering): string[] => {
  const result = renderScript(source, { operation, definition, keyPath: './gpg-key' });
  return [
    write(path.join(output, `${operation}.sh`), plainScript(result), 0o700),
    write(path.join(output, 'gpg-key'), key, 0o600),
  ];
};

const writeManifests = (output: string, rendering: Rendering): string[] => {
  const { operation, source, definition, flags, key } = rendering;
  if (!dnsSubdomainPattern.test(flags.k8sName)) {
    throw new ProcedureError(
      `--k8s-name ${flags.k8sName} is not a Kubernetes name: small letters, digits, dashes and dots.`,
    );
  }
  const { script, environment } = renderScript(source, { operation, definition, keyPath: podPaths.key });
  const values = readHelmValues(definition);
  const objects = renderManifests({
    resourceName: flags.k8sName,
    operation,
    sealedNamespace: flags.k8sNamespace,
    script,
    environment,
    keyMaterial: key,
    image: flags.k8sImage || source.image,
    values,
    runnable: runnableOf(rendering, values.kindType),
  });
  return [write(path.join(output, `${operation}.yaml`), toDocuments(objects), 0o700)];
};

const runnableOf = ({ operation, flags }: Rendering, kindType: Runnable['kind'] | undefined): Runnable => {
  const kind = kindType ?? (operation === 'backup' ? 'CronJob' : 'Job');
  return kind === 'CronJob' ? { kind, schedule: flags.k8sJobSchedule ?? '16 1 * * *' } : { kind };
};

/** Kubernetes reads YAML 1.1, where yes and 0123 are no text. */
const toDocuments = (objects: readonly KubeObject[]): string =>
  objects.map((object) => `---\n${stringify(object, { compat: 'yaml-1.1', lineWidth: 0 })}`).join('');
