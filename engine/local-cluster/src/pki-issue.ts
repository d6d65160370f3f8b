import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import net from 'node:net';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

interface IssueOptions {
  now: Date;
  host: string;
  caEnd: Date;
  end: Date;
  /** PEM of an authority that is kept, so that clients go on trusting the cluster. */
  authority?: { certificate: string; key: string };
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Clocks of two machines differ. */
const leeway = 3_600_000;

type Keys = webcrypto.CryptoKeyPair;

const generate = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<Keys>;

export async function issueCertificates(options: IssueOptions) {
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  const { certificate: ca, key: caKey } = options.authority
    ? await readAuthority(options.authority)
    : await makeAuthority(options);
  const keys = await generate();
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=local-cluster',
    issuer: ca.subject,
    notBefore: new Date(options.now.getTime() - leeway),
    notAfter: options.end,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: caKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(alternativeNames(options.host)),
    ],
  });
  return {
    ca: ca.toString('pem'),
    caKey: await keyPem(caKey),
    certificate: certificate.toString('pem'),
    key: await keyPem(keys.privateKey),
  };
}

async function makeAuthority({ now, caEnd }: IssueOptions) {
  const keys = await generate();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=local-cluster-ca',
    notBefore: new Date(now.getTime() - leeway),
    notAfter: caEnd,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
    ],
  });
  return { certificate, key: keys.privateKey };
}

async function readAuthority({ certificate, key }: { certificate: string; key: string }) {
  const [bytes] = PemConverter.decode(key);
  if (!bytes) throw new Error('pki/ca.key holds no key: remove the folder pki to have a new one made');
  return {
    certificate: new X509Certificate(certificate),
    key: await webcrypto.subtle.importKey('pkcs8', bytes, algorithm, true, ['sign']),
  };
}

const keyPem = async (key: webcrypto.CryptoKey) =>
  PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

function alternativeNames(host: string) {
  const address = net.isIP(host) && host !== '0.0.0.0' && host !== '::' ? [host] : [];
  const name = net.isIP(host) ? [] : [host];
  return [
    ...[...new Set(['localhost', ...name])].map((value) => ({ type: 'dns' as const, value })),
    ...[...new Set(['127.0.0.1', '::1', ...address])].map((value) => ({ type: 'ip' as const, value })),
  ];
}
