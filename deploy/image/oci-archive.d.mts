/** Packs a folder; `epoch` in seconds stands for the time of every file. */
export function packFolder(folder: string, file: string, epoch: number): void;

/** Makes an archive of tar files as layers, lowest first; resolves to the digest of its manifest. */
export function writeArchive(image: {
  file: string;
  layers: readonly string[];
  config: Record<string, unknown>;
  reference: string;
  /** ISO 8601. */
  created: string;
  compress?: boolean;
}): Promise<string>;
