export interface PodLogRequest {
  namespace: string;
  pod: string;
  uid: string;
  container: string;
  /** Reads an earlier run of the container, which has ended; counts from 0. Default: the present run. */
  run?: number;
  follow: boolean;
  tailLines?: number;
  sinceTime?: string;
  sinceSeconds?: number;
  limitBytes?: number;
  timestamps: boolean;
  signal: AbortSignal;
}

/** The kept stdout and stderr of containers, as the API's `log` subresource serves them. */
export interface PodLogs {
  /** Bytes of the log; with `follow` goes on until the container has ended. Memory does not grow with the log or a slow reader. */
  read(request: PodLogRequest): AsyncIterable<Uint8Array>;
}
