/** Name of the environment variable by which a script reads a parameter, e.g. dumpOptions -> BM_PARAM_DUMPOPTIONS. */
export const parameterVariable = (name: string): string =>
  `BM_PARAM_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;

/**
 * Writes a parameter value so that it is taken as it is: in a script `${X}` and `$(cmd)` expand, but `$${X}` and `$$(cmd)` are text.
 */
export const literalParameter = (value: string): string => value.replaceAll(/\$([{(])/g, '$$$$$1');
