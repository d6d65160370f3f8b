import type { Parameter } from '../api/procedures.ts';

/**
 * A procedure that comes with Backstay. It is data only: the generator (`engine/procedures`) renders it, the BFF
 * offers it and runs its check, the console shows it.
 *
 * `backup` and `restore` are Go text/template texts that hold no parameter value: scripts read a parameter from
 * the environment as `BM_PARAM_<NAME>` (upper case), which the generator fills from the child Secret, where `${X}` and
 * `$(cmd)` of a value still expand in the Pod.
 */
export interface BuiltInProcedure {
  readonly name: string;
  /** Names of older template sets that mean this procedure, e.g. pg15. */
  readonly aliases: readonly string[];
  readonly title: string;
  readonly description: string;
  readonly category: 'database' | 'files';
  readonly image: string;
  /** Image by alias, where an alias names a version. Others use `image`. */
  readonly aliasImages?: Readonly<Record<string, string>>;
  readonly parameters: readonly Parameter[];
  readonly backup: string;
  readonly restore: string;
  /**
   * Bash script that reads the same `BM_PARAM_*` and `BM_OPERATION` (backup or restore). Each problem is one line on stdout:
   * `<parameter name>\t<what is wrong and how to mend it>`; nothing means that all is well. Exits 0 either way.
   */
  readonly check: string;
}
