import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container, Pod, Volume } from '@backstay/shared';
import { resources } from '../controllers/resources.ts';
import type { Registry } from '../registry/registry.ts';
import { ConfigError } from './config-error.ts';
import type { PodFolder } from './pod-folder.ts';
import { createRewriter, type PathMapping } from './rewrite-paths.ts';
import { filesOf, type VolumeFile } from './volume-files.ts';

export interface VolumesContext {
  registry: Registry;
  pod: Pod;
  folder: PodFolder;
  /** Folder that holds the folders of PersistentVolumeClaims. */
  claims: string;
  node: string;
}

/** What went wrong with one volume. */
export class VolumeError extends Error {
  readonly volume: string;
  readonly missing: ConfigError['waitsFor'];

  constructor(volume: string, cause: ConfigError) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${cause.message}`, { cause });
    this.volume = volume;
    this.missing = cause.waitsFor;
  }
}

const apiSources = ['secret', 'configMap', 'downwardAPI', 'projected'];
const comesFromApi = (volume: Volume): boolean => apiSources.some((source) => volume[source] !== undefined);

/** A path that stays inside the folder it is taken in, by its text. */
const inside = (path: string): string => {
  if (path.startsWith('/') || path.includes('\0') || path.split('/').includes('..')) {
    throw new ConfigError(`the path ${JSON.stringify(path)} leads out of its volume; use a relative path without ".."`);
  }
  return path;
};

const claimFolder = ({ registry, pod, claims }: VolumesContext, name: string): string => {
  const claim = registry.get(resources.claims, pod.metadata.namespace, name);
  if (claim?.metadata.uid === undefined) {
    throw new ConfigError(`persistentvolumeclaim "${name}" not found`);
  }
  return join(claims, claim.metadata.uid);
};

const folderOf = (context: VolumesContext, container: Container, volume: Volume): string => {
  if (volume.hostPath !== undefined) {
    return volume.hostPath.path;
  }
  if (volume.persistentVolumeClaim !== undefined) {
    return claimFolder(context, volume.persistentVolumeClaim.claimName);
  }
  return comesFromApi(volume) ? context.folder.own(container.name, volume.name) : context.folder.shared(volume.name);
};

const volumesOf = (pod: Pod): Map<string, Volume> =>
  new Map((pod.spec.volumes ?? []).map((volume) => [volume.name, volume]));

export const containersOf = (pod: Pod): Container[] => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];

/** Where each mount of a container really is. Throws ConfigError. */
export const mappingsOf = (context: VolumesContext, container: Container): PathMapping[] =>
  (container.volumeMounts ?? []).map(({ name, mountPath, subPath }) => {
    const volume = volumesOf(context.pod).get(name);
    if (volume === undefined) {
      throw new ConfigError(`the container ${container.name} mounts the volume ${name}, which the Pod does not have`);
    }
    const folder = folderOf(context, container, volume);
    return { from: mountPath, to: subPath ? join(folder, inside(subPath)) : folder };
  });

/** Text of ConfigMaps and scripts of Secrets name container paths; other files must stay as they are, byte for byte. */
const contentOf = ({ data, secret }: VolumeFile, rewrite: (text: string) => string): Buffer => {
  const text = data.toString('utf8');
  const isText = Buffer.from(text).equals(data);
  return isText && (!secret || text.startsWith('#!')) ? Buffer.from(rewrite(text)) : data;
};

/** Many files, and the disk lets a new one wait while it syncs another: others go on meanwhile. */
const writeFiles = async (context: VolumesContext, container: Container, volume: Volume): Promise<void> => {
  const files = filesOf(context, volume) ?? new Map<string, VolumeFile>();
  const folder = context.folder.own(container.name, volume.name);
  const rewrite = createRewriter(mappingsOf(context, container));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [path, file] of files) {
    const target = join(folder, inside(path));
    // Nobody but the owner of the process reads a Secret.
    const mode = file.secret ? file.mode & 0o700 : file.mode & 0o777;
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, contentOf(file, rewrite), { mode: 0o600 });
    await chmod(target, mode);
  }
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

const checkHostPath = ({ path, type }: { path: string; type?: string }): void => {
  if (type === 'DirectoryOrCreate') {
    mkdirSync(path, { recursive: true });
  } else if (type === 'FileOrCreate') {
    closeSync(openSync(path, 'a'));
  } else if ((type === 'Directory' && !isFolder(path)) || (type === 'File' && !isFile(path))) {
    throw new ConfigError(`hostPath type check failed: ${path} is not a ${type.toLowerCase()}`);
  }
};

const prepareShared = (context: VolumesContext, volume: Volume): void => {
  if (volume.hostPath !== undefined) {
    checkHostPath(volume.hostPath);
  } else if (volume.persistentVolumeClaim !== undefined) {
    mkdirSync(claimFolder(context, volume.persistentVolumeClaim.claimName), { recursive: true, mode: 0o700 });
  } else if (volume.emptyDir !== undefined) {
    mkdirSync(context.folder.shared(volume.name), { recursive: true, mode: 0o700 });
  } else if (!comesFromApi(volume)) {
    throw new ConfigError(
      'volumes of this kind do not exist on one machine; use emptyDir, configMap, secret, hostPath or persistentVolumeClaim',
    );
  }
};

const prepareSubPath = (folder: string, subPath: string | undefined): void => {
  if (subPath === undefined || subPath === '') {
    return;
  }
  const path = join(folder, inside(subPath));
  if (!isFile(path)) {
    mkdirSync(path, { recursive: true });
  }
};

const prepareVolume = async (context: VolumesContext, volume: Volume): Promise<void> => {
  prepareShared(context, volume);
  for (const container of containersOf(context.pod)) {
    const mounts = (container.volumeMounts ?? []).filter(({ name }) => name === volume.name);
    if (comesFromApi(volume) && mounts.length > 0) {
      await writeFiles(context, container, volume);
      continue;
    }
    for (const { subPath } of mounts) {
      prepareSubPath(folderOf(context, container, volume), subPath);
    }
  }
};

/** Makes every volume of the Pod ready. Rejects with VolumeError; then it can be called again. */
export const prepareVolumes = async (context: VolumesContext): Promise<void> => {
  for (const volume of context.pod.spec.volumes ?? []) {
    try {
      await prepareVolume(context, volume);
    } catch (error) {
      throw new VolumeError(volume.name, error instanceof ConfigError ? error : asConfigError(error));
    }
  }
};

const asConfigError = (error: unknown): ConfigError =>
  new ConfigError(error instanceof Error ? error.message : String(error));

/** Secrets do not lie around when nothing reads them any more. */
export const removeOwnVolumes = (folder: PodFolder): void =>
  rmSync(folder.ownVolumes, { recursive: true, force: true });
