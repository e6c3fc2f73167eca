import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { DataSetScanner, type ScanSyntax } from '../dicom/data-set-scanner.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import type { KeptElement } from '../dicom/kept-elements.ts';
import { withoutPadding } from '../dicom/padding.ts';
import {
  explicitVrLittleEndian,
  implicitVrLittleEndian,
  transferSyntaxOf,
} from '../dicom/transfer-syntax.ts';
import { Problem } from '../lib/problem.ts';
import { InlineHash, type StreamHash } from './hashing.ts';
import { serviceLimits } from './limits.ts';

/** The UIDs by which an instance is known, as they stand in its data set, without padding. */
export interface Identity {
  sopClassUid: string;
  sopInstanceUid: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
}

/** The elements of a data set that the catalogue wants, undecoded: decoding them is not on the way to an answer. */
export interface InstanceHeader {
  syntax: ScanSyntax;
  elements: ReadonlyMap<number, KeptElement>;
}

export interface Inspection {
  sizeBytes: number;
  /** Of the bytes as they came, lower-case hex. */
  sha256: string;
  identity: Identity;
  header: InstanceHeader;
}

const IDENTITY_TAGS: readonly [keyof Identity, number][] = [
  ['sopClassUid', tags.SOPClassUID],
  ['sopInstanceUid', tags.SOPInstanceUID],
  ['studyInstanceUid', tags.StudyInstanceUID],
  ['seriesInstanceUid', tags.SeriesInstanceUID],
];

/**
 * Looks at a data set as it streams by: length, SHA-256, structure, and the elements that the catalogue keeps. The same for what arrives,
 * for what a crash has left, and for what is indexed again.
 */
export class DataSetInspector {
  readonly #hash: StreamHash;
  readonly #keptTags: ReadonlySet<number>;
  readonly #transferSyntaxUid: string;
  #sizeBytes = 0;
  /** The first bytes, until they tell how a data set of an unknown transfer syntax is encoded. */
  #start: Buffer = Buffer.alloc(0);
  #scanner: DataSetScanner | undefined;
  #syntax: ScanSyntax | undefined;
  #inflation: Inflation | undefined;

  constructor(transferSyntaxUid: string, keptTags: ReadonlySet<number>, hash: StreamHash = new InlineHash()) {
    this.#hash = hash;
    this.#transferSyntaxUid = transferSyntaxUid;
    this.#keptTags = keptTags;
  }

  /**
   * Takes the next bytes; they must stay as they are until a `settle` that was called later has resolved.
   * @throws Problem 'unreadable-data-set'
   */
  write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#sizeBytes += bytes.length;
    this.#hash.update(bytes);
    if (this.#scanner === undefined) this.#begin(bytes);
    else this.#scan(this.#scanner, bytes);
  }

  /** Resolves when hashing and inflating have caught up, so that memory stays bounded; undefined where they have. Never rejects. */
  settle(): Promise<void> | undefined {
    const hashing = this.#hash.release();
    const inflating = this.#inflation?.settle();
    if (hashing === undefined || inflating === undefined) return hashing ?? inflating;
    return Promise.all([hashing, inflating]).then(() => undefined);
  }

  /** @throws Problem 'unreadable-data-set', or 'unusable-identifier' naming the UID that is missing */
  async end(): Promise<Inspection> {
    await this.#inflation?.end();
    const scanner = this.#scanner;
    if (scanner === undefined || this.#syntax === undefined) {
      const words = this.#sizeBytes === 0 ? 'the data set is empty' : 'the data set ends too early';
      throw new Problem('unreadable-data-set', words);
    }
    scanner.end();
    assertUnambiguous(scanner);
    const { kept } = scanner;
    return {
      sizeBytes: this.#sizeBytes,
      sha256: await this.#hash.digest(),
      identity: identityOf(kept),
      header: { syntax: this.#syntax, elements: kept },
    };
  }

  /** The header, once Pixel Data has begun; undefined before. */
  get headerBeforePixelData(): InstanceHeader | undefined {
    if (this.#scanner?.bulk === undefined || this.#syntax === undefined) return undefined;
    return { syntax: this.#syntax, elements: this.#scanner.kept };
  }

  /** Frees what is held; for a data set that is given up. */
  destroy(): void {
    this.#hash.abandon();
    this.#inflation?.destroy();
  }

  #begin(bytes: Buffer): void {
    const known = transferSyntaxOf(this.#transferSyntaxUid);
    const start = this.#start.length === 0 ? bytes : Buffer.concat([this.#start, bytes]);
    if (known === undefined && start.length < GUESS_BYTES_MIN) {
      this.#start = Buffer.from(start);
      return;
    }
    const syntax = known ?? guessSyntax(start);
    this.#syntax = { encoding: syntax.encoding, bigEndian: syntax.bigEndian };
    const scanner = new DataSetScanner(this.#syntax, this.#keptTags);
    this.#scanner = scanner;
    if (syntax.deflated) this.#inflation = new Inflation(scanner);
    this.#scan(scanner, start);
  }

  #scan(scanner: DataSetScanner, bytes: Buffer): void {
    if (this.#inflation === undefined) scanner.write(bytes);
    else this.#inflation.write(bytes);
  }
}

/** The UIDs that a header has; '' for one that is missing. */
export function identityOf(elements: ReadonlyMap<number, KeptElement>): Identity {
  const identity: Identity = {
    sopClassUid: '',
    sopInstanceUid: '',
    studyInstanceUid: '',
    seriesInstanceUid: '',
  };
  for (const [name, tag] of IDENTITY_TAGS) {
    const element = elements.get(tag);
    const value = element?.bytes.toString('latin1', element.valueOffset) ?? '';
    identity[name] = withoutPadding(value).trimStart();
  }
  return identity;
}

function assertUnambiguous(scanner: DataSetScanner): void {
  for (const [name, tag] of IDENTITY_TAGS) {
    if (scanner.dropped.has(tag))
      throw new Problem('unreadable-data-set', `${name} twice with different values`);
  }
}

/** Tag and VR of the first element. */
const GUESS_BYTES_MIN = 6;

/**
 * A transfer syntax that we do not know: private ones are by PS3.5 §10.2 mostly Explicit VR Little Endian with other pixel data, some old ones
 * Implicit VR; two letters where a VR would stand tell which.
 */
function guessSyntax(bytes: Buffer): typeof explicitVrLittleEndian {
  return /^[A-Z]{2}$/.test(bytes.toString('latin1', 4, 6)) ? explicitVrLittleEndian : implicitVrLittleEndian;
}

/** Feeds a scanner with what a deflated data set (PS3.5 §A.5) holds, within bounds. */
class Inflation {
  readonly #inflate: InflateRaw = createInflateRaw({ chunkSize: serviceLimits.inflatedPieceBytes });
  readonly #done: Promise<void>;
  #inflatedBytes = 0;
  #problem: Problem | undefined;

  constructor(scanner: DataSetScanner) {
    this.#done = new Promise((resolve) => {
      this.#inflate.on('data', (bytes: Buffer) => this.#take(scanner, bytes));
      this.#inflate.on('error', (error) => {
        this.#problem ??= new Problem('unreadable-data-set', `deflated data set: ${error.message}`);
        resolve();
      });
      this.#inflate.on('end', resolve);
      this.#inflate.on('close', resolve);
    });
  }

  write(bytes: Buffer): void {
    if (this.#problem !== undefined) throw this.#problem;
    // The stream keeps what it is given until it has inflated it: a copy, since the bytes are the caller's.
    if (!this.#inflate.writableEnded) this.#inflate.write(Buffer.from(bytes));
  }

  settle(): Promise<void> | undefined {
    if (!this.#inflate.writableNeedDrain || this.#problem !== undefined) return undefined;
    const drained = new Promise<void>((resolve) => this.#inflate.once('drain', resolve));
    return Promise.race([drained, this.#done]);
  }

  async end(): Promise<void> {
    if (this.#problem === undefined) this.#inflate.end();
    await this.#done;
    if (this.#problem !== undefined) throw this.#problem;
  }

  destroy(): void {
    this.#inflate.destroy();
  }

  #take(scanner: DataSetScanner, bytes: Buffer): void {
    if (this.#problem !== undefined) return;
    this.#inflatedBytes += bytes.length;
    try {
      if (this.#inflatedBytes > serviceLimits.inflatedBytesMax) {
        throw new Problem(
          'unreadable-data-set',
          `inflates to more than ${serviceLimits.inflatedBytesMax} bytes`,
        );
      }
      scanner.write(bytes);
    } catch (error) {
      this.#problem =
        error instanceof Problem ? error : new Problem('internal', 'inflated data set', { cause: error });
      this.#inflate.destroy();
    }
  }
}
