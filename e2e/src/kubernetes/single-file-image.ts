import fs from 'node:fs';
import path from 'node:path';
// The image tool of the product: a script, which has no types.
import { packFolder, writeArchive } from '../../../deploy/image/oci-archive.mjs';

/** Holds the network of a Pod. */
export const pauseImage = 'node.local/pause:1';

/** An archive of an image with one static program and nothing else. */
export async function singleFileImage(program: string, folder: string): Promise<string> {
  const root = path.join(folder, 'pause-root');
  fs.mkdirSync(root, { recursive: true });
  fs.copyFileSync(program, path.join(root, 'pause'));
  fs.chmodSync(path.join(root, 'pause'), 0o755);
  const layer = path.join(folder, 'pause-layer.tar');
  packFolder(root, layer, 0);
  const archive = path.join(folder, 'pause.tar');
  await writeArchive({
    file: archive,
    layers: [layer],
    config: { Entrypoint: ['/pause'] },
    reference: pauseImage,
    created: '1970-01-01T00:00:00Z',
  });
  return archive;
}
