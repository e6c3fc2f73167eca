import type { X509Certificate } from 'node:crypto';
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

export interface TrustedCertificatesOptions {
  /** All of them, PEM one after the other. */
  file: string;
  log: Pick<Log, 'error'>;
}

/** What TLS needs to know of them. */
export interface Trust {
  /** PEM, one each. */
  pems(): string[];
  /** Whether a certificate is one of them, and not only signed by one. @param sha256Fingerprint upper-case hex, with colons */
  has(sha256Fingerprint: string): boolean;
  /** Called after every change. @returns ends that */
  onChange(listener: () => void): () => void;
}

/** More would make every handshake slow, and nobody would know them all any more. */
const CERTIFICATES_MAX = 50;
const FILE_BYTES_MAX = 1_000_000;
/** RFC 9325 §4.5. A handshake asks it of a chain, and not of a certificate that is trusted itself. */
const RSA_BITS_MIN = 2048;

interface Trusted {
  pem: string;
  certificate: X509Certificate;
}

/**
 * The certificates by which we know others in DICOM over TLS: authorities, whose signature is enough, and certificates of single
 * devices. Those that have expired are kept, and no handshake takes them.
 */
export class TrustedCertificates implements Trust {
  readonly #file: string;
  readonly #listeners = new Set<() => void>();
  /** By fingerprint, in the order in which they were added. */
  #trusted: ReadonlyMap<string, Trusted>;
  /** Changes go one after the other: the file has to hold what is in use. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(file: string, trusted: ReadonlyMap<string, Trusted>) {
    this.#file = file;
    this.#trusted = trusted;
  }

  /** A file that cannot be used is put aside, and nobody is trusted then: in doubt, callers are turned away. */
  static async open({ file, log }: TrustedCertificatesOptions): Promise<TrustedCertificates> {
    const failed = (error: unknown) =>
      log.error('trusted certificates not usable, nobody is trusted', {
        path: file,
        reason: messageOf(error),
      });
    try {
      const text = await readSecretFile(file, FILE_BYTES_MAX);
      try {
        if (text !== undefined) return new TrustedCertificates(file, trustedOfFile(text));
      } catch (error) {
        failed(error);
        await setSecretFileAside(file);
      }
    } catch (error) {
      failed(error);
    }
    return new TrustedCertificates(file, new Map());
  }

  get count(): number {
    return this.#trusted.size;
  }

  pems(): string[] {
    return [...this.#trusted.values()].map(({ pem }) => pem);
  }

  has(sha256Fingerprint: string): boolean {
    return this.#trusted.has(sha256Fingerprint);
  }

  /** In the order in which they were added. */
  list(): CertificateDescription[] {
    return [...this.#trusted.values()].map(({ certificate }) => describeCertificate(certificate));
  }

  /**
   * Trusts all certificates of a text; those that are trusted already stay.
   * @returns those that are new
   * @throws Problem 'unusable-setting' in words, and nothing has changed
   */
  add(text: string): Promise<CertificateDescription[]> {
    return this.#inTurn(async () => {
      const given = trustedIn(text);
      if (given.size === 0) throw unusable('no certificate in PEM form (-----BEGIN CERTIFICATE-----)');
      const added = [...given].filter(([fingerprint]) => !this.has(fingerprint));
      await this.#use(new Map([...this.#trusted, ...added]));
      return added.map(([, { certificate }]) => describeCertificate(certificate));
    });
  }

  /**
   * Trusts one no longer; associations that are open go on.
   * @param whyLastIsNeeded words, where the last one has to stay
   * @returns what it was; undefined where it is not among them
   * @throws Problem 'unusable-setting' where it is the last, and has to stay
   */
  remove(
    sha256Fingerprint: string,
    whyLastIsNeeded: () => string | undefined,
  ): Promise<CertificateDescription | undefined> {
    return this.#inTurn(async () => {
      const removed = this.#trusted.get(sha256Fingerprint);
      if (removed === undefined) return undefined;
      const words = this.count === 1 ? whyLastIsNeeded() : undefined;
      if (words !== undefined) throw unusable(words);
      await this.#use(
        new Map([...this.#trusted].filter(([fingerprint]) => fingerprint !== sha256Fingerprint)),
      );
      return describeCertificate(removed.certificate);
    });
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws Problem where there are too many, or the file cannot be written */
  async #use(trusted: ReadonlyMap<string, Trusted>): Promise<void> {
    assertNotTooMany(trusted.size);
    const text = [...trusted.values()].map(({ pem }) => `${pem}\n`).join('');
    await writeSecretFile(this.#file, text).catch((error: unknown) => {
      throw unusable(`the trusted certificates cannot be kept: ${messageOf(error)}`);
    });
    this.#trusted = trusted;
    for (const listener of this.#listeners) listener();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** The file holds nothing but certificates: what else is in it was one. @throws Problem 'unusable-setting' */
function trustedOfFile(text: string): Map<string, Trusted> {
  const trusted = trustedIn(text);
  const rest = certificateBlocks(text).reduce((left, block) => left.replace(block, ''), text);
  if (rest.trim() !== '') throw unusable('there is more in it than certificates: one of them is damaged');
  return trusted;
}

/** By fingerprint. @throws Problem 'unusable-setting' */
function trustedIn(text: string): Map<string, Trusted> {
  const blocks = certificateBlocks(text);
  assertNotTooMany(blocks.length);
  const trusted = new Map<string, Trusted>();
  for (const [index, pem] of blocks.entries()) {
    const certificate = parsedCertificate(pem, index);
    const { modulusLength = RSA_BITS_MIN } = certificate.publicKey.asymmetricKeyDetails ?? {};
    if (modulusLength < RSA_BITS_MIN) {
      const name = inOneLine(certificate.subject);
      throw unusable(`the key of certificate ${index + 1} (${name}) is too short: ${modulusLength} bits`);
    }
    trusted.set(certificate.fingerprint256, { pem, certificate });
  }
  return trusted;
}

function assertNotTooMany(count: number): void {
  if (count > CERTIFICATES_MAX) {
    throw unusable(`${count} certificates are more than the ${CERTIFICATES_MAX} that can be trusted`);
  }
}

function unusable(words: string): Problem {
  return new Problem('unusable-setting', words);
}
