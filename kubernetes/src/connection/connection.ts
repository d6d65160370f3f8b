/** Material of one TLS client, as Node takes it. */
export interface TlsMaterial {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

/** Where an API server is and how to prove who asks. */
export interface Connection {
  /** Base URL without a trailing slash. */
  readonly server: string;
  readonly proxyUrl?: string;
  /** Asked once, before the first connection. */
  tls(): Promise<TlsMaterial>;
  /** Value of the Authorization header, asked before every request: tokens are renewed on disk or by a plugin. */
  authorization(): Promise<string | undefined>;
}

export interface ConnectionOptions {
  /** Path of a kubeconfig file. */
  kubeconfig?: string;
  /** Context of the kubeconfig. Default: its current-context. */
  context?: string;
  /** Uses the service account of the Pod. */
  inCluster?: boolean;
  /** Base URL of the API server, when no kubeconfig is wanted. */
  server?: string;
  /** PEM. Default: the certificate authorities of Node. */
  caCertificate?: string;
  token?: string;
}

export const bearer = (token: string | undefined): string | undefined => (token ? `Bearer ${token}` : undefined);

export const withoutTrailingSlash = (url: string): string => url.replace(/\/+$/, '');
