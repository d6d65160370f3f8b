import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findBuiltInProcedure, type Operation } from '@backstay/shared';
import { ProcedureError } from '../procedure-error.ts';
import { builtInSource, type ProcedureSource } from '../scripts/procedure-source.ts';

/** A script of the user's own needs the client in its image, or brings it by the init container. */
const defaultImage = 'docker.io/library/debian:bookworm-slim';

interface UserDefinition {
  readonly defaultImage: string;
  readonly backupTemplate: string;
  readonly restoreTemplate: string;
}

/** Where templates of the user lie, in the order in which they are looked up; the built-in ones come between the two. */
export interface TemplateFolders {
  /** `$BM_HOME`, or `~/.bm`. */
  readonly home: string;
  readonly workingDirectory: string;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Finds a procedure by name. Each file is looked up on its own: a user who replaces the backup script of a built-in procedure
 * keeps its restore script and its image.
 *
 * @throws ProcedureError when nothing has that name.
 */
export const findProcedure = (name: string, folders: TemplateFolders): ProcedureSource => {
  if (!namePattern.test(name)) throw new ProcedureError(`"${name}" is not a template name.`);
  const store = new TemplateStore(name, folders);
  const builtIn = findBuiltInProcedure(name) ? builtInSource(name) : undefined;
  const definition = store.definition();
  const backup = store.script('backup', { file: definition?.backupTemplate, builtIn: builtIn !== undefined });
  const restore = store.script('restore', { file: definition?.restoreTemplate, builtIn: builtIn !== undefined });
  if (builtIn) return overlay(builtIn, { backup, restore, image: definition?.defaultImage });
  if (backup === undefined && restore === undefined) {
    throw new ProcedureError(
      `There is no template "${name}": neither built in nor in ${path.join(folders.home, 'templates', 'user')}.`,
    );
  }
  return {
    name,
    image: definition?.defaultImage ?? defaultImage,
    backup,
    restore,
    valuesFromEnvironment: { backup: false, restore: false },
    complete: (values) => values,
  };
};

const overlay = (
  builtIn: ProcedureSource,
  own: { backup: string | undefined; restore: string | undefined; image: string | undefined },
): ProcedureSource => ({
  ...builtIn,
  image: own.image ?? builtIn.image,
  backup: own.backup ?? builtIn.backup,
  restore: own.restore ?? builtIn.restore,
  valuesFromEnvironment: { backup: own.backup === undefined, restore: own.restore === undefined },
});

class TemplateStore {
  private readonly name: string;
  private readonly user: string;
  private readonly local: readonly string[];

  constructor(name: string, { home, workingDirectory }: TemplateFolders) {
    this.name = name;
    this.user = path.join(home, 'templates', 'user');
    this.local = ['generate/templates', 'templates'].map((folder) => path.join(workingDirectory, folder));
  }

  definition(): UserDefinition | undefined {
    for (const root of [this.user, ...this.local]) {
      const file = path.join(root, 'definition', `${this.name}.json`);
      if (existsSync(file)) return readDefinition(file);
    }
    return undefined;
  }

  script(operation: Operation, { file, builtIn }: { file: string | undefined; builtIn: boolean }): string | undefined {
    const names = [file, `${this.name}.tmpl`].filter((one) => one !== undefined).map((one) => path.basename(one));
    const roots = builtIn ? [this.user] : [this.user, ...this.local];
    for (const root of roots) {
      for (const name of names) {
        const place = path.join(root, operation, name);
        if (existsSync(place)) return readFileSync(place, 'utf8');
      }
    }
    return undefined;
  }
}

const readDefinition = (file: string): UserDefinition => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null) {
      const { defaultImage: image, backupTemplate, restoreTemplate } = value as Record<string, unknown>;
      if (typeof image === 'string' && typeof backupTemplate === 'string' && typeof restoreTemplate === 'string')
        return { defaultImage: image, backupTemplate, restoreTemplate };
    }
  } catch (error) {
    throw new ProcedureError(`${file} is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
  throw new ProcedureError(`${file} must have the texts defaultImage, backupTemplate and restoreTemplate.`);
};
