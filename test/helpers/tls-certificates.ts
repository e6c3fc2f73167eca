import { generate } from 'selfsigned';

/** A certificate and its key, PEM. */
export interface Made {
  certificate: string;
  privateKey: string;
}

export interface Wanted {
  /** Who signs; itself unless given. */
  by?: Made;
  isAuthority?: boolean;
  keyType?: 'ec' | 'rsa';
  keySize?: number;
  /** DNS names. */
  names?: string[];
  /** Milliseconds from now; a year unless given. */
  validForMs?: number;
  curve?: 'P-256' | 'P-384' | 'P-521';
}

const YEAR_MS = 365 * 86_400_000;
const DAY_MS = 86_400_000;

/** Elliptic curve keys, which are made in no time, unless told otherwise. */
export async function madeCertificate(commonName: string, wanted: Wanted = {}): Promise<Made> {
  const {
    by,
    isAuthority = false,
    keyType = 'ec',
    keySize = 2048,
    names = [],
    validForMs = YEAR_MS,
  } = wanted;
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keyType,
    keySize,
    algorithm: 'sha256',
    curve: wanted.curve ?? 'P-256',
    notBeforeDate: new Date(Date.now() + Math.min(0, validForMs) - DAY_MS),
    notAfterDate: new Date(Date.now() + validForMs),
    ...(by !== undefined && { ca: { key: by.privateKey, cert: by.certificate } }),
    extensions: [
      { name: 'basicConstraints', cA: isAuthority, critical: true },
      isAuthority
        ? { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true }
        : { name: 'keyUsage', digitalSignature: true, keyEncipherment: keyType === 'rsa' },
      ...(names.length === 0
        ? []
        : [
            {
              name: 'subjectAltName' as const,
              altNames: names.map((value) => ({ type: 2 as const, value })),
            },
          ]),
    ],
  });
  return { certificate: made.cert, privateKey: made.private };
}
