import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const email = 'iwa@example.org';

export interface GpgKeyOptions {
  readonly passphrase?: string;
  /** `future-default`: Curve25519. */
  readonly algorithm?: 'rsa3072' | 'future-default';
}

/** A key made by the real gpg, in a keyring of its own, and its halves as files. */
export class GpgKey {
  readonly email = email;
  readonly home = fs.mkdtempSync(path.join(os.tmpdir(), 'gpg-'));
  readonly publicPath = path.join(this.home, 'public.asc');
  readonly privatePath = path.join(this.home, 'private.asc');

  readonly #passphrase: string;

  constructor({ passphrase = '', algorithm = 'rsa3072' }: GpgKeyOptions = {}) {
    this.#passphrase = passphrase;
    this.#run('--quick-generate-key', `Test <${email}>`, algorithm, 'default', 'never');
    const listed = this.#run('--with-colons', '--list-keys', email).toString();
    const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
    // `default` makes RSA keys without a part that encrypts.
    if (algorithm === 'rsa3072') this.#run('--quick-add-key', fingerprint, algorithm, 'encr', 'never');
    fs.writeFileSync(this.publicPath, this.#run('--armor', '--export', email));
    fs.writeFileSync(this.privatePath, this.#run('--armor', '--export-secret-keys', email));
  }

  [Symbol.dispose](): void {
    spawnSync('gpgconf', ['--homedir', this.home, '--kill', 'gpg-agent']);
    fs.rmSync(this.home, { recursive: true, force: true });
  }

  #run(...parameters: string[]): Buffer {
    const quiet = ['--homedir', this.home, '--batch', '--yes', '--quiet'];
    return execFileSync(
      'gpg',
      [...quiet, '--passphrase', this.#passphrase, '--pinentry-mode', 'loopback', ...parameters],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  }
}
