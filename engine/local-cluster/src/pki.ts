import { createPrivateKey, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { writeSecretFile } from './auth/secret-file.ts';
import type { Clock } from './clock.ts';

export interface ServingCertificate {
  /** PEM. */
  ca: string;
  certificate: string;
  key: string;
}

const day = 86_400_000;
const caDays = 3650;
const servingDays = 397;
/** A serving certificate that ends within this time is made anew at a start. */
const renewBefore = 60 * day;

const files = ['ca.crt', 'ca.key', 'server.crt', 'server.key'] as const;

/** The cluster's own certificate authority and serving certificate, kept in `folder` and made or renewed when needed. */
export async function servingCertificate(
  folder: string,
  options: { clock: Clock; host: string },
): Promise<ServingCertificate> {
  try {
    return await keptOrMade(folder, options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const what = `The certificates in ${folder} cannot be used (${why})`;
    throw new Error(`${what}: remove ${files.join(', ')} there to have new ones made`, { cause: error });
  }
}

async function keptOrMade(folder: string, options: { clock: Clock; host: string }): Promise<ServingCertificate> {
  const kept = readKept(folder);
  const now = options.clock.now();
  if (kept && isCurrent(kept, { now, host: options.host })) return kept;
  const { issueCertificates } = await import('./pki-issue.ts');
  const made = await issueCertificates({
    now,
    host: options.host,
    caEnd: new Date(now.getTime() + caDays * day),
    end: new Date(now.getTime() + servingDays * day),
    ...keptAuthority(folder),
  });
  writeSecretFile(path.join(folder, 'ca.key'), made.caKey);
  writeSecretFile(path.join(folder, 'ca.crt'), made.ca);
  writeSecretFile(path.join(folder, 'server.key'), made.key);
  writeSecretFile(path.join(folder, 'server.crt'), made.certificate);
  return made;
}

function readKept(folder: string): ServingCertificate | undefined {
  if (files.some((name) => !fs.existsSync(path.join(folder, name)))) return undefined;
  const read = (name: (typeof files)[number]) => fs.readFileSync(path.join(folder, name), 'utf8');
  return { ca: read('ca.crt'), certificate: read('server.crt'), key: read('server.key') };
}

function keptAuthority(folder: string): { authority?: { certificate: string; key: string } } {
  const certificate = path.join(folder, 'ca.crt');
  const key = path.join(folder, 'ca.key');
  if (!fs.existsSync(certificate) || !fs.existsSync(key)) return {};
  return { authority: { certificate: fs.readFileSync(certificate, 'utf8'), key: fs.readFileSync(key, 'utf8') } };
}

/** Also false for a key and a certificate of two different starts, one of which was killed. */
function isCurrent({ ca, certificate, key }: ServingCertificate, { now, host }: { now: Date; host: string }): boolean {
  const parsed = new X509Certificate(certificate);
  const names = host === 'localhost' ? parsed.checkHost(host) : parsed.checkIP(host);
  return (
    parsed.validToDate.getTime() - renewBefore > now.getTime() &&
    (names !== undefined || isAnyAddress(host)) &&
    parsed.checkPrivateKey(createPrivateKey(key)) &&
    parsed.verify(new X509Certificate(ca).publicKey)
  );
}

export const isAnyAddress = (host: string): boolean => host === '0.0.0.0' || host === '::';
