/** What a request asks for, as authorization and routing see it. */
export interface RequestInfo {
  path: string;
  /** True for /api/v1/... and /apis/<group>/<version>/... with a resource. */
  isResource: boolean;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  name: string;
  subresource: string;
}

/** Undefined when the path cannot be decoded. */
export function requestInfo(path: string): RequestInfo | undefined {
  const parts = decodeParts(path);
  if (!parts) return undefined;
  const info: RequestInfo = {
    path,
    isResource: false,
    group: '',
    version: '',
    namespace: '',
    resource: '',
    name: '',
    subresource: '',
  };
  const rest = takeGroup(parts, info);
  if (!rest || rest.length === 0) return info;
  info.isResource = true;
  let [resource = '', name = '', subresource = '', ...more] = rest;
  if (resource === 'namespaces' && rest.length > 2 && !namespaceSubresources.has(subresource)) {
    info.namespace = name;
    [resource = '', name = '', subresource = '', ...more] = rest.slice(2);
  } else if (resource === 'namespaces') info.namespace = name;
  if (more.length > 0) return { ...info, isResource: false };
  return { ...info, resource, name, subresource };
}

const namespaceSubresources = new Set(['status', 'finalize']);

function takeGroup(parts: string[], info: RequestInfo): string[] | undefined {
  const [root, ...rest] = parts;
  if (root === 'api' && rest[0] !== undefined) {
    info.version = rest[0];
    return rest.slice(1);
  }
  if (root === 'apis' && rest[0] !== undefined && rest[1] !== undefined) {
    info.group = rest[0];
    info.version = rest[1];
    return rest.slice(2);
  }
  return undefined;
}

function decodeParts(path: string): string[] | undefined {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
