import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GpgKeyOptions {
  readonly email: string;
  /** As gpg's --quick-generate-key knows them. */
  readonly algorithm: 'rsa2048' | 'future-default';
  readonly passphrase?: string;
}

/** The real gpg, with a home of its own. */
export class Gpg {
  readonly home: string = mkdtempSync(join(tmpdir(), 'gpg-'));

  [Symbol.dispose](): void {
    spawnSync('gpgconf', ['--homedir', this.home, '--kill', 'gpg-agent']);
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Makes a key and gives the paths of its exported halves. */
  createKey({ email, algorithm, passphrase = '' }: GpgKeyOptions): { publicPath: string; privatePath: string } {
    const secret = ['--passphrase', passphrase, '--pinentry-mode', 'loopback'];
    this.run([...secret, '--quick-generate-key', `Test <${email}>`, algorithm, 'default', 'never']);
    // `default` makes RSA keys without a part that encrypts.
    if (algorithm === 'rsa2048') {
      const listed = this.run(['--with-colons', '--list-keys', email]).toString();
      const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
      this.run([...secret, '--quick-add-key', fingerprint, 'rsa2048', 'encr', 'never']);
    }
    const publicPath = join(this.home, `${email}.pub.asc`);
    const privatePath = join(this.home, `${email}.key.asc`);
    writeFileSync(publicPath, this.run(['--armor', '--export', email]));
    writeFileSync(privatePath, this.run([...secret, '--armor', '--export-secret-keys', email]));
    return { publicPath, privatePath };
  }

  encrypt(data: Buffer, email: string, options: readonly string[] = []): Buffer {
    return this.run(['--trust-model', 'always', '--recipient', email, ...options, '--encrypt'], data);
  }

  /** Throws unless gpg says that the message is whole. */
  decrypt(message: Buffer, passphrase = ''): Buffer {
    return this.run(['--passphrase', passphrase, '--pinentry-mode', 'loopback', '--decrypt'], message);
  }

  run(parameters: readonly string[], input?: Buffer): Buffer {
    return execFileSync('gpg', ['--homedir', this.home, '--batch', '--yes', '--quiet', ...parameters], {
      ...(input ? { input } : {}),
      maxBuffer: 2 ** 30,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }
}
