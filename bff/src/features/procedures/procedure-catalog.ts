import type { ResourceCache } from '@backstay/kubernetes';
import {
  type BuiltInProcedure,
  builtInProcedures,
  type ClusterBackupProcedureTemplate,
  type Parameter,
  type Procedure,
} from '@backstay/shared';

const secretName = /pass(word|wd|phrase)?$|secret|token|credential|private.?key|api.?key/i;
const parameterUse = /\.Params\.([A-Za-z_]\w*)|index\s+\.Params\s+"([A-Za-z_][\w.-]*)"/g;

/** Built-in procedures and those of the cluster. */
export class ProcedureCatalog {
  readonly #templates: Pick<ResourceCache<ClusterBackupProcedureTemplate>, 'get' | 'list'>;

  constructor(templates: Pick<ResourceCache<ClusterBackupProcedureTemplate>, 'get' | 'list'>) {
    this.#templates = templates;
  }

  list(options: { cluster: boolean }): Procedure[] {
    const own = builtInProcedures.map(fromBuiltIn);
    return options.cluster ? [...own, ...this.#templates.list().map(fromTemplate)] : own;
  }

  find(kind: Procedure['kind'], name: string): Procedure | undefined {
    if (kind === 'internal') {
      const found = this.builtIn(name);
      return found && fromBuiltIn(found);
    }
    const template = this.#templates.get(undefined, name);
    return template && fromTemplate(template);
  }

  /** By its name or an older one. */
  builtIn(name: string): BuiltInProcedure | undefined {
    return builtInProcedures.find((procedure) => procedure.name === name || procedure.aliases.includes(name));
  }
}

const fromBuiltIn = (of: BuiltInProcedure): Procedure => ({
  kind: 'internal',
  name: of.name,
  title: of.title,
  description: of.description,
  category: of.category,
  image: of.image,
  parameters: of.parameters.map((parameter) => ({ ...parameter })),
  checkable: of.check !== '',
  backup: of.backup,
  restore: of.restore,
});

const fromTemplate = (of: ClusterBackupProcedureTemplate): Procedure => ({
  kind: 'cluster',
  name: of.metadata.name,
  title: of.metadata.name,
  description: of.metadata.annotations?.['description'] ?? 'A procedure of this cluster.',
  category: 'custom',
  image: of.spec.image,
  parameters: templateParameters(`${of.spec.backup}\n${of.spec.restore}`),
  checkable: false,
  backup: of.spec.backup,
  restore: of.spec.restore,
});

/** The parameters that a template names, in the order of their first use; what sounds secret is treated as such. */
export function templateParameters(text: string): Parameter[] {
  const names = new Set([...text.matchAll(parameterUse)].map((match) => match[1] ?? match[2] ?? ''));
  return [...names].map((name) => ({
    name,
    label: name,
    help: `Params.${name} of the template.`,
    type: secretName.test(name) ? 'password' : 'text',
    required: false,
  }));
}
