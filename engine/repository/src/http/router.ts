export interface RoutePattern {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** e.g. `/api/stable/auth/user/:userName`. */
  readonly path: string;
}

export interface RouteMatch<T extends RoutePattern> {
  readonly route: T;
  readonly params: Readonly<Record<string, string>>;
}

const decode = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
};

const matchSegments = (pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined => {
  if (pattern.length !== segments.length) {
    return undefined;
  }
  const params: [string, string][] = [];
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!expected.startsWith(':')) {
      if (segment !== expected) {
        return undefined;
      }
      continue;
    }
    const value = decode(segment);
    if (value === undefined || value === '') {
      return undefined;
    }
    params.push([expected.slice(1), value]);
  }
  return Object.fromEntries(params);
};

/** Exact paths only: nothing is normalised, so what is authorised is what is routed. */
export const createRouter = <T extends RoutePattern>(routes: readonly T[]) => {
  const table = routes.map((route) => ({ route, pattern: route.path.split('/') }));
  return (method: string, path: string): RouteMatch<T> | undefined => {
    const segments = path.split('/');
    for (const { route, pattern } of table) {
      const params = route.method === method ? matchSegments(pattern, segments) : undefined;
      if (params !== undefined) {
        return { route, params };
      }
    }
    return undefined;
  };
};
