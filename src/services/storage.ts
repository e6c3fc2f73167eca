import { hexOfTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { encodeFileMeta, type FileMeta, printableAeTitle, writeProof } from '../dicom/file-meta.ts';
import { nameOfUid } from '../dicom/uids.ts';
import { Problem } from '../lib/problem.ts';
import type { Incoming } from '../storage/incoming.ts';
import type { IncomingFile } from '../storage/incoming-file.ts';
import { isUsableUid } from '../storage/instance-files.ts';
import type { Duplicates } from './duplicates.ts';
import type { Filer } from './filing.ts';
import type { AcceptedInstance } from './filing-batch.ts';
import type { Hasher } from './hashing.ts';
import { HeaderDecoder } from './header-decoder.ts';
import { DataSetInspector, type Identity, type Inspection, type InstanceHeader } from './inspection.ts';
import type { StoredObservation } from './observer.ts';

/** What a C-STORE-RQ says before its data set — PS3.7 §9.3.1.1. */
export interface StoreRequest {
  affectedSopClassUid: string;
  affectedSopInstanceUid: string;
  transferSyntaxUid: string;
  callingAeTitle: string;
  callingAddress: string;
}

/**
 * Takes one data set, piece by piece. Nothing is thrown before `end`: a data set has to be read to its end before it can be refused.
 */
export interface DataSetSink {
  /** The bytes must stay as they are until a `release` that was called later has resolved. */
  write(bytes: Buffer): void;
  /** Resolves when no bytes given so far are needed any more; undefined where that is so already. Never rejects. */
  release(): Promise<void> | undefined;
  /** @throws Problem: the refusal */
  end(): Promise<StoredObservation>;
  /** The data set will not be finished; leaves nothing behind. */
  abort(): void;
}

export interface StorageServiceOptions {
  incoming: Incoming;
  filer: Filer;
  /** Asked whether an instance is there already, where duplicates are refused; without it they are kept. */
  duplicates?: Pick<Duplicates, 'reserve'>;
  /** What the catalogue keeps of a data set. */
  keptTags: ReadonlySet<number>;
  /** Hashes beside the event loop; on it unless given. */
  hasher?: Hasher;
}

/** C-STORE SCP — PS3.4 Annex B: an instance is accepted when it is durable, and only then answered with 0000H. */
export class StorageService {
  readonly #options: StorageServiceOptions;

  constructor(options: StorageServiceOptions) {
    this.#options = options;
  }

  begin(request: StoreRequest): DataSetSink {
    return new InstanceSink(request, this.#options);
  }
}

class InstanceSink implements DataSetSink {
  readonly #request: StoreRequest;
  readonly #meta: FileMeta;
  readonly #fileMeta: Buffer;
  readonly #filer: Filer;
  readonly #duplicates: Pick<Duplicates, 'reserve'> | undefined;
  readonly #inspector: DataSetInspector;
  /** Undefined while a file is waited for, or where none is to be had. */
  #file: IncomingFile | undefined;
  #opening: Promise<void> | undefined;
  /** Pieces that came while a file was waited for. */
  #waiting: Buffer[] = [];
  #failure: unknown;
  #ending: Promise<StoredObservation> | undefined;
  #isOver = false;

  constructor(request: StoreRequest, options: StorageServiceOptions) {
    this.#request = request;
    this.#filer = options.filer;
    this.#duplicates = options.duplicates;
    this.#meta = {
      sopClassUid: request.affectedSopClassUid,
      sopInstanceUid: request.affectedSopInstanceUid,
      transferSyntaxUid: request.transferSyntaxUid,
      sourceAeTitle: request.callingAeTitle,
    };
    this.#fileMeta = encodeFileMeta(this.#meta);
    this.#inspector = new DataSetInspector(
      request.transferSyntaxUid,
      options.keptTags,
      options.hasher?.begin(),
    );
    this.#opening = this.#open(options.incoming).finally(() => {
      this.#opening = undefined;
    });
  }

  write(bytes: Buffer): void {
    if (this.#failure !== undefined || this.#isOver) return;
    try {
      this.#inspector.write(bytes);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#file === undefined) this.#waiting.push(bytes);
    else this.#file.write(bytes);
  }

  release(): Promise<void> | undefined {
    // At its end the rest goes out with the header, in one call: no sooner.
    if (this.#ending !== undefined) return this.#isOver ? undefined : settled(this.#ending);
    const inspecting = this.#inspector.settle();
    const writing = this.#file?.release();
    if (this.#opening === undefined && inspecting === undefined) return writing;
    return Promise.all([this.#opening, inspecting, writing]).then(() => this.#file?.release());
  }

  end(): Promise<StoredObservation> {
    this.#ending = this.#end();
    return this.#ending;
  }

  abort(): void {
    this.#fail(new Problem('cancelled', 'the association ended within the data set'));
  }

  async #end(): Promise<StoredObservation> {
    const startedAt = performance.now();
    await this.#opening;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      this.#file?.expectCommit();
      const inspection = await this.#inspector.end();
      checkIdentity(this.#request, inspection.identity);
      const { identity, sizeBytes, header, sha256 } = inspection;
      const release = await this.#duplicates?.reserve(identity.sopInstanceUid, sha256);
      try {
        await this.#accept(inspection);
      } finally {
        release?.();
      }
      return {
        sopClassUid: identity.sopClassUid,
        studyInstanceUid: identity.studyInstanceUid,
        patientId: () => patientIdOf(header),
        modality: modalityOf(header),
        sizeBytes,
        syncMs: performance.now() - startedAt,
      };
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      this.#isOver = true;
    }
  }

  async #open(incoming: Incoming): Promise<void> {
    try {
      await this.#filer.admit();
      const file = await incoming.begin();
      file.reserveHeader(this.#fileMeta.length);
      this.#file = file;
      if (this.#failure !== undefined) await this.#drop();
      for (const bytes of this.#waiting.splice(0)) file.write(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #accept(inspection: Inspection): Promise<void> {
    const file = this.#file;
    if (file === undefined) throw new Error('accepted without a file');
    const { sizeBytes, sha256, identity, header } = inspection;
    const proof = {
      sizeBytes,
      sha256,
      arrivedAt: Date.now(),
      // As it can be read from the file again, so that the catalogue is the same after a reindex.
      sourceAeTitle: printableAeTitle(this.#request.callingAeTitle),
      sourceAddress: this.#request.callingAddress,
    };
    writeProof(this.#fileMeta, proof);
    await file.commit(this.#fileMeta);
    const accepted: AcceptedInstance = {
      name: file.name,
      dataSetOffset: this.#fileMeta.length,
      transferSyntaxUid: this.#meta.transferSyntaxUid,
      identity,
      proof,
      header,
    };
    this.#filer.add(accepted);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure ??= error;
    this.#waiting = [];
    this.#inspector.destroy();
    void this.#drop();
  }

  async #drop(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.discard();
  }
}

function settled(work: Promise<unknown>): Promise<void> {
  return work.then(
    () => undefined,
    () => undefined,
  );
}

/** Characters of a CS value — PS3.5 §6.2: what is longer is no modality, and is kept by whoever counts. */
const MODALITY_CHARS_MAX = 16;

/** Modality (0008,0060), its beginning; '' where there is none. */
function modalityOf({ elements }: InstanceHeader): string {
  const element = elements.get(tags.Modality);
  if (element === undefined) return '';
  const { bytes, valueOffset } = element;
  return bytes.toString('latin1', valueOffset, valueOffset + MODALITY_CHARS_MAX).trim();
}

/** Patient ID (0010,0020), decoded; '' where there is none. */
function patientIdOf({ syntax, elements }: InstanceHeader): string {
  const wanted = [tags.SpecificCharacterSet, tags.PatientID].flatMap((tag) => elements.get(tag) ?? []);
  const json = new HeaderDecoder().decode({
    syntax,
    elements: new Map(wanted.map((element) => [element.tag, element])),
  });
  const [value] = json[hexOfTag(tags.PatientID)]?.Value ?? [];
  return typeof value === 'string' ? value : '';
}

/** The command and the data set must speak of one instance, and of one that can be filed — PS3.4 §B.2.3, status A900H. */
function checkIdentity(request: StoreRequest, identity: Identity): void {
  for (const [name, uid] of Object.entries(identity)) {
    if (uid === '') throw new Problem('unusable-identifier', `no ${name} in the data set`);
    if (!isUsableUid(uid))
      throw new Problem('unusable-identifier', `${name} ${JSON.stringify(uid.slice(0, 40))} is no UID`);
  }
  if (identity.sopInstanceUid !== request.affectedSopInstanceUid) {
    throw new Problem('data-set-mismatch', `instance is ${identity.sopInstanceUid}, not the one announced`);
  }
  if (identity.sopClassUid !== request.affectedSopClassUid) {
    throw new Problem(
      'data-set-mismatch',
      `class is ${nameOfUid(identity.sopClassUid)}, not the one announced`,
    );
  }
}
