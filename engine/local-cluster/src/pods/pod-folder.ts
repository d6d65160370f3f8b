import { join } from 'node:path';

/** Where the parts of one Pod are on the disk. Everything in it goes with the Pod. */
export interface PodFolder {
  readonly root: string;
  /** Of a volume that the Pod's containers share. */
  shared(volume: string): string;
  /** Of a volume whose files are made for one container, with its mount paths. */
  own(container: string, volume: string): string;
  readonly ownVolumes: string;
  /** Log files of one run of a container; `run` counts its restarts. */
  logs(container: string, run: number): string;
  readonly allLogs: string;
  /** What is known of the processes that were started, for the next start after a crash. */
  readonly records: string;
  /** Where commands start that name no folder of their own. */
  readonly work: string;
}

export const podFolder = (pods: string, uid: string): PodFolder => {
  const root = join(pods, uid);
  return {
    root,
    shared: (volume) => join(root, 'volumes', volume),
    own: (container, volume) => join(root, 'files', container, volume),
    ownVolumes: join(root, 'files'),
    logs: (container, run) => join(root, 'logs', container, String(run)),
    allLogs: join(root, 'logs'),
    records: join(root, 'processes'),
    work: join(root, 'work'),
  };
};
