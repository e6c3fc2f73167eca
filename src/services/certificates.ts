import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { readSecretFile, setSecretFileAside, writeSecretFile } from '../storage/secret-files.ts';
import {
  type CertificateDescription,
  certificateBlocks,
  describeCertificate,
  inOneLine,
  parsedCertificate,
} from './pem-certificates.ts';

/** PEM: the chain, the leaf first; and the key of the leaf, unencrypted. */
export interface CertificateFiles {
  certificate: string;
  privateKey: string;
}

export interface CertificatesOptions {
  /** Key and chain in one file, so that no power cut parts them. */
  file: string;
  log: Pick<Log, 'info' | 'error'>;
}

const FILE_BYTES_MAX = 300_000;
const CHAIN_LENGTH_MAX = 10;
const RSA_KEYS: ReadonlySet<string> = new Set(['rsa', 'rsa-pss']);
/** P-256, P-384 and P-521, as OpenSSL names them. */
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const PEM_PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/;

/** The certificate by which we are known to browsers and to DICOM nodes that call by TLS: the owner's, or a self-signed one of ours. */
export class Certificates {
  readonly #file: string;
  readonly #listeners = new Set<() => void>();
  #current: CertificateFiles;
  /** Changes go one after the other: the file has to hold what is in use. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(file: string, current: CertificateFiles) {
    this.#file = file;
    this.#current = current;
  }

  /**
   * Reads the certificate; makes a self-signed one where there is none, or none that can be used. The file of such a one is put aside, and stays where it
   * cannot be read now. A disk that takes no file does not keep the archive from starting.
   */
  static async open({ file, log }: CertificatesOptions): Promise<Certificates> {
    const failed = (error: unknown) =>
      log.error('certificate not usable, a new one is made', { path: file, reason: messageOf(error) });
    try {
      const text = await readSecretFile(file, FILE_BYTES_MAX);
      try {
        // One that has expired is used nevertheless: some encryption is better than a page that nobody reaches.
        if (text !== undefined) return new Certificates(file, checked(partsOf(text)));
      } catch (error) {
        failed(error);
        await setSecretFileAside(file);
      }
    } catch (error) {
      failed(error);
      return new Certificates(file, await selfSigned());
    }
    const made = await selfSigned();
    try {
      await writeSecretFile(file, textOf(made));
      log.info('certificate made', { path: file });
    } catch (error) {
      log.error('certificate not kept', { path: file, reason: messageOf(error) });
    }
    return new Certificates(file, made);
  }

  current(): CertificateFiles {
    return this.#current;
  }

  describe(): CertificateDescription {
    return describeCertificate(new X509Certificate(this.#current.certificate));
  }

  /** @throws Problem 'unusable-setting' in words, and the one there was stays */
  async replace(certificate: string, privateKey: string): Promise<void> {
    const parts = checked({ certificate, privateKey });
    const { validTo } = new X509Certificate(parts.certificate);
    if (Date.parse(validTo) <= Date.now()) throw unusable(`the certificate has expired on ${validTo}`);
    await this.#use(parts);
  }

  /** Goes back to a self-signed certificate, a new one. */
  async reset(): Promise<void> {
    await this.#use(await selfSigned());
  }

  /** Called after every change. @returns ends that */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #use(parts: CertificateFiles): Promise<void> {
    const turn = this.#last.then(async () => {
      await writeSecretFile(this.#file, textOf(parts)).catch((error: unknown) => {
        throw unusable(`the certificate cannot be kept: ${messageOf(error)}`);
      });
      this.#current = parts;
      for (const listener of this.#listeners) listener();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function partsOf(text: string): CertificateFiles {
  return { certificate: text, privateKey: text };
}

function textOf({ certificate, privateKey }: CertificateFiles): string {
  return `${privateKey}\n${certificate}\n`;
}

/** Only the blocks that count, checked against each other. @throws Problem 'unusable-setting' */
function checked(given: CertificateFiles): CertificateFiles {
  const blocks = certificateBlocks(given.certificate);
  if (blocks.length === 0) throw unusable('no certificate in PEM form (-----BEGIN CERTIFICATE-----)');
  if (blocks.length > CHAIN_LENGTH_MAX) {
    throw unusable(`a chain of ${blocks.length} certificates is longer than ${CHAIN_LENGTH_MAX}`);
  }
  const chain = blocks.map(parsedCertificate);
  const keyBlock = PEM_PRIVATE_KEY.exec(given.privateKey)?.[0];
  if (keyBlock === undefined) throw unusable('no private key in PEM form (-----BEGIN PRIVATE KEY-----)');
  const [leaf] = chain;
  if (leaf !== undefined && !leaf.checkPrivateKey(parsedKey(keyBlock))) {
    throw unusable(`the private key is not that of the first certificate (${inOneLine(leaf.subject)})`);
  }
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1];
    if (issuer === undefined) break;
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
      throw unusable(
        `certificate ${index + 2} (${inOneLine(issuer.subject)}) did not issue certificate ${index + 1} (${inOneLine(certificate.subject)}): the leaf comes first, each is followed by its issuer`,
      );
    }
  }
  const parts = { certificate: blocks.join('\n'), privateKey: keyBlock };
  assertServable(parts);
  return parts;
}

/**
 * TLS has demands of its own: what it refuses would keep the next start from its ports. An RSA key has 2048 bits or more, and signatures are
 * of SHA-256 or better — RFC 9325 §4.5, which PS3.15 §B.12 and §B.13 ask for. With a key of another kind there is a profile, or a browser, to whom no
 * handshake succeeds.
 */
function assertServable({ certificate, privateKey }: CertificateFiles): void {
  const { asymmetricKeyType = '', asymmetricKeyDetails } = createPrivateKey(privateKey);
  const curve = asymmetricKeyDetails?.namedCurve ?? '';
  if (!RSA_KEYS.has(asymmetricKeyType) && !CURVES.has(curve)) {
    const kind = curve === '' ? asymmetricKeyType : `of the curve ${curve}`;
    throw unusable(`a key that is ${kind} serves nobody: RSA, or one of the curves P-256, P-384, P-521`);
  }
  try {
    createSecureContext({ cert: certificate, key: privateKey, ciphers: 'DEFAULT@SECLEVEL=2' });
  } catch (error) {
    throw unusable(`TLS does not take the certificate: ${messageOf(error)}`);
  }
}

function parsedKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    const isEncrypted = pem.includes('ENCRYPTED');
    throw unusable(
      isEncrypted ? 'the private key is protected by a password' : 'the private key cannot be read',
    );
  }
}

/** Loaded here: what makes it takes a quarter of a second of a start, and is needed at the first alone. */
async function selfSigned(): Promise<CertificateFiles> {
  const { makeSelfSigned } = await import('./self-signed.ts');
  return checked(await makeSelfSigned());
}

function unusable(words: string): Problem {
  return new Problem('unusable-setting', words);
}
