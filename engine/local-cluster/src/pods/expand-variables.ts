/** Replaces `$(NAME)` as Kubernetes does: `$$` is a plain dollar sign, and what is not known stays as it is. */
export const expandVariables = (text: string, variables: ReadonlyMap<string, string>): string =>
  text.replace(/\$(\$|\(([^()]*)\))/g, (whole, what: string, name: string | undefined) => {
    if (what === '$') {
      return '$';
    }
    return variables.get(name ?? '') ?? whole;
  });
