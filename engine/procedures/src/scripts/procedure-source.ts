import { type ClusterBackupProcedureTemplate, findBuiltInProcedure, type Operation } from '@backstay/shared';
import { renderTemplate } from '../go-template/template.ts';
import { TemplateError } from '../go-template/template-error.ts';
import type { RenderedScript } from '../manifests/manifest-input.ts';
import { ProcedureError } from '../procedure-error.ts';
import type { Definition } from '../vars/definition.ts';
import { scriptEnvironment, withDefaults } from './environment.ts';

/** A procedure as the renderer needs it, wherever it came from. */
export interface ProcedureSource {
  readonly name: string;
  readonly image: string;
  /** Template text. Undefined where a user has written a script for the other operation only. */
  readonly backup: string | undefined;
  readonly restore: string | undefined;
  /** True when the text reads its values from the environment only. */
  readonly valuesFromEnvironment: Readonly<Record<Operation, boolean>>;
  /** Checks the parameters and adds their defaults. */
  readonly complete: (definition: Definition) => Definition;
}

/** @throws ProcedureError when there is no built-in procedure of that name. */
export const builtInSource = (name: string): ProcedureSource => {
  const procedure = findBuiltInProcedure(name);
  if (!procedure) throw new ProcedureError(`There is no built-in procedure "${name}".`);
  return {
    name,
    image: procedure.aliasImages?.[name] ?? procedure.image,
    backup: procedure.backup,
    restore: procedure.restore,
    valuesFromEnvironment: { backup: true, restore: true },
    complete: (definition) => withDefaults(definition, procedure),
  };
};

export const clusterSource = ({ metadata, spec }: ClusterBackupProcedureTemplate): ProcedureSource => ({
  name: metadata.name,
  image: spec.image,
  backup: spec.backup,
  restore: spec.restore,
  valuesFromEnvironment: { backup: false, restore: false },
  complete: (definition) => definition,
});

/** A script and the environment that it reads. */
export interface ScriptResult {
  readonly script: RenderedScript;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Renders the script of one operation.
 *
 * @throws ProcedureError that names the template, line and column, or the parameters that are missing.
 */
export const renderScript = (
  source: ProcedureSource,
  { operation, definition, keyPath }: { operation: Operation; definition: Definition; keyPath: string },
): ScriptResult => {
  const template = source[operation];
  if (template === undefined) throw new ProcedureError(`The template "${source.name}" has no ${operation} script.`);
  const complete = source.complete(definition);
  const repository = complete['Repository'] as Definition;
  const data = { ...complete, Repository: { ...repository, encryptionKeyPath: keyPath } };
  try {
    const text = renderTemplate(template, data);
    return {
      script: { text, holdsValues: !source.valuesFromEnvironment[operation] },
      environment: scriptEnvironment(complete),
    };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new ProcedureError(`The ${operation} script of the procedure "${source.name}": ${error.message}`, {
      cause: error,
    });
  }
};
