import { hostname, networkInterfaces } from 'node:os';
import { generate } from 'selfsigned';
import type { CertificateFiles } from './certificates.ts';

const VALID_YEARS = 10;

/** For the names and addresses that this machine has. RSA, since old modalities know no other; SHA-256. */
export async function makeSelfSigned(): Promise<CertificateFiles> {
  const notBeforeDate = new Date();
  const notAfterDate = new Date(notBeforeDate);
  notAfterDate.setFullYear(notAfterDate.getFullYear() + VALID_YEARS);
  const altNames = [
    ...new Set(['localhost', hostname()].filter((name) => /^[A-Za-z0-9.-]{1,253}$/.test(name))),
  ].map((value) => ({ type: 2 as const, value }));
  const made = await generate([{ name: 'commonName', value: altNames.at(-1)?.value ?? 'localhost' }], {
    keyType: 'rsa',
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate,
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...altNames, ...ownAddresses().map((ip) => ({ type: 7 as const, ip }))],
      },
    ],
  });
  return { certificate: made.cert, privateKey: made.private };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ scopeid }) => scopeid === undefined || scopeid === 0)
    .map(({ address }) => address);
}
