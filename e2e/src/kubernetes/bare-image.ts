import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { packFolder, writeArchive } from '../../../deploy/image/oci-archive.mjs';

/** An image with a static shell and nothing else: no C library, no Node, no Debian. */
export const bareImageName = 'node.local/bare:1';

export async function bareImage(folder: string): Promise<string> {
  const work = fs.mkdtempSync(path.join(folder, 'bare-'));
  execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', 'busybox-static'], {
    cwd: work,
    stdio: 'pipe',
  });
  const [archive = ''] = fs.readdirSync(work);
  execFileSync('dpkg-deb', ['-x', path.join(work, archive), path.join(work, 'package')]);
  const root = path.join(work, 'root');
  fs.mkdirSync(path.join(root, 'bin'), { recursive: true });
  const busybox = ['bin/busybox', 'usr/bin/busybox']
    .map((name) => path.join(work, 'package', name))
    .find((file) => fs.existsSync(file));
  fs.copyFileSync(busybox ?? '', path.join(root, 'bin/busybox'));
  fs.chmodSync(path.join(root, 'bin/busybox'), 0o755);
  fs.symlinkSync('busybox', path.join(root, 'bin/sh'));
  packFolder(root, path.join(work, 'layer.tar'), 0);
  const file = path.join(work, 'bare.tar');
  const config = { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] };
  const created = '1970-01-01T00:00:00Z';
  await writeArchive({ file, layers: [path.join(work, 'layer.tar')], config, reference: bareImageName, created });
  return file;
}
