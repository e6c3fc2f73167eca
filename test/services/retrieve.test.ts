import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { Catalog, RetrieveUids, StoredInstance } from '../../src/catalog/catalog.ts';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { implicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { DecodedFrame } from '../../src/pixels/decode.ts';
import type { PixelModule } from '../../src/pixels/pixel-module.ts';
import {
  type Counters,
  type RetrieveRequest,
  type RetrieveResult,
  RetrieveService,
  type StoreOptions,
  type StoreTarget,
  type SubOperation,
} from '../../src/services/retrieve.ts';
import { encapsulatedPixelData, imageOf } from '../pixels/fixtures.ts';
import { refusalOf } from '../storage/problems.ts';
import {
  ctDataSet,
  dataSetOf,
  encoded,
  memoryLog,
  sha256Of,
  type TestVolume,
  type Texts,
  testVolume,
} from './fixtures.ts';

const OFFSET = 8;
const EXPLICIT = uids.ExplicitVRLittleEndian;
const IMPLICIT = uids.ImplicitVRLittleEndian;
/** What nobody decodes. */
const FILM = uids.MPEG2MPML;
const FRAME = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);

describe('RetrieveService (PS3.4 §C.4.2, §C.4.3)', () => {
  let place: TestVolume;
  let instances: StoredInstance[];
  let asked: [string, RetrieveUids][];
  let failRows: unknown;
  let settle: () => Promise<void>;
  let controller: AbortController;
  let decode: (stream: Buffer, module: PixelModule) => Promise<DecodedFrame>;

  beforeEach(async () => {
    place = await testVolume();
    instances = [];
    asked = [];
    failRows = undefined;
    settle = async () => undefined;
    controller = new AbortController();
    decode = async (_stream, module) => ({ module, bytes: FRAME });
  });
  afterEach(() => place.remove());

  /** A file with `OFFSET` bytes before its data set, and its row. */
  function put(number: number, transferSyntaxUid: string = EXPLICIT): Buffer {
    return putBytes(number, transferSyntaxUid, encoded(ctDataSet(1, 1, number)));
  }

  /** One frame, and a stream that names its instance in place of one. */
  function putCompressed(number: number): Buffer {
    const stream = Buffer.from(`1.2.1.1.${number} `);
    const pixelData = encapsulatedPixelData([], [stream]);
    const bytes = imageOf({
      module: { rows: 2, columns: 4 },
      transferSyntaxUid: uids.RLELossless,
      pixelData,
    });
    return putBytes(number, uids.RLELossless, bytes);
  }

  function putBytes(number: number, transferSyntaxUid: string, dataSet: Buffer): Buffer {
    const instance = {
      sopInstanceUid: `1.2.1.1.${number}`,
      sopClassUid: uids.CTImageStorage,
      seriesInstanceUid: '1.2.1.1',
      studyInstanceUid: '1.2.1',
      transferSyntaxUid,
      sizeBytes: dataSet.length,
      dataSetOffset: OFFSET,
      sha256: sha256Of(dataSet),
      arrivedAt: 0,
      sourceAeTitle: 'CT1',
      week: '2026-W47',
    };
    const path = place.files.pathOf(instance);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.concat([Buffer.alloc(OFFSET), dataSet]));
    instances.push(instance);
    return dataSet;
  }

  function service(): RetrieveService {
    const catalog = {
      instances: {
        async summaryForRetrieve(level: string, of: RetrieveUids) {
          asked.push([level, of]);
          const needs = new Map<string, { sopClassUid: string; transferSyntaxUid: string; count: number }>();
          for (const { sopClassUid, transferSyntaxUid } of instances) {
            const count = (needs.get(transferSyntaxUid)?.count ?? 0) + 1;
            needs.set(transferSyntaxUid, { sopClassUid, transferSyntaxUid, count });
          }
          return [...needs.values()];
        },
        async *forRetrieve() {
          for (const [index, instance] of instances.entries()) {
            if (index === 2 && failRows !== undefined) throw failRows;
            yield instance;
          }
        },
      },
    };
    return new RetrieveService({
      catalog: catalog as unknown as Catalog,
      filer: { settled: () => settle() },
      files: place.files,
      decoder: { decode: (stream, module) => decode(stream, module) },
      log: memoryLog(),
    });
  }

  class Target implements StoreTarget {
    readonly stored = new Map<string, { operation: SubOperation; bytes: Buffer }>();
    closes = 0;
    syntaxes: readonly string[] = [EXPLICIT];
    preferredTransferSyntaxes: readonly string[] = [];
    answer: (operation: SubOperation) => number | Promise<number> = () => 0;

    transferSyntaxesFor(): readonly string[] {
      return this.syntaxes;
    }

    async store(operation: SubOperation): Promise<number> {
      const pieces: Buffer[] = [];
      for await (const piece of operation.pieces) pieces.push(Buffer.from(piece));
      this.stored.set(operation.sopInstanceUid, { operation, bytes: Buffer.concat(pieces) });
      return this.answer(operation);
    }

    async close(): Promise<void> {
      this.closes += 1;
    }
  }

  const STUDY: Texts = { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '1.2.1' };

  async function run(target: Target, fields: Partial<RetrieveRequest> & { texts?: Texts } = {}) {
    const pending: Counters[] = [];
    const progress = service().retrieve({
      model: 'STUDY',
      identifier: dataSetOf(fields.texts ?? STUDY),
      signal: controller.signal,
      openTarget: async () => target,
      ...fields,
    });
    for (;;) {
      const next = await progress.next();
      if (next.done) return { result: next.value as RetrieveResult, pending };
      pending.push(next.value);
    }
  }

  it('sends every instance byte for byte in its own transfer syntax, and counts', async () => {
    const dataSets = [1, 2, 3, 4, 5, 6].map((number) => put(number));
    const target = new Target();

    const { result } = await run(target);

    expect(result).to.deep.equal({
      status: 0x0000,
      counters: { remaining: 0, completed: 6, failed: 0, warning: 0 },
      failedUids: [],
      words: undefined,
    });
    for (const [index, dataSet] of dataSets.entries()) {
      const { operation, bytes } = target.stored.get(`1.2.1.1.${index + 1}`) ?? {};
      expect(bytes?.equals(dataSet)).to.equal(true);
      expect(operation).to.deep.include({ transferSyntaxUid: EXPLICIT, sizeBytes: dataSet.length });
    }
    expect(target.closes).to.equal(1);
  });

  it('asks the catalogue for the unique keys of the level and of those above', async () => {
    const all: Texts = {
      PatientID: 'P1',
      StudyInstanceUID: '1.2',
      SeriesInstanceUID: '1.2.3',
      SOPInstanceUID: ['1.2.3.4', '1.2.3.5'],
    };
    const uidsOf = {
      studyInstanceUids: ['1.2'],
      seriesInstanceUids: ['1.2.3'],
      sopInstanceUids: ['1.2.3.4', '1.2.3.5'],
    };
    for (const model of ['PATIENT', 'STUDY'] as const) {
      asked = [];
      for (const level of ['PATIENT', 'STUDY', 'SERIES', 'IMAGE']) {
        if (model === 'STUDY' && level === 'PATIENT') continue;
        await run(new Target(), { model, texts: { ...all, QueryRetrieveLevel: level } });
      }
      const patient = model === 'PATIENT' ? { patientId: 'P1' } : {};
      const expected: [string, object][] = [
        ['PATIENT', patient],
        ['STUDY', { ...patient, studyInstanceUids: ['1.2'] }],
        ['SERIES', { ...patient, studyInstanceUids: ['1.2'], seriesInstanceUids: ['1.2.3'] }],
        ['IMAGE', { ...patient, ...uidsOf }],
      ];
      expect(asked).to.deep.equal(model === 'PATIENT' ? expected : expected.slice(1));
    }
  });

  it('succeeds with nothing where nothing matches, and opens no association for it', async () => {
    const { result } = await run(new Target(), { openTarget: () => Promise.reject(new Error('not needed')) });

    expect(result).to.deep.include({
      status: 0x0000,
      counters: { remaining: 0, completed: 0, failed: 0, warning: 0 },
    });
  });

  it('ends with B000H where some fail, and names them', async () => {
    for (const number of [1, 2, 3]) put(number);
    const target = new Target();
    target.answer = ({ sopInstanceUid }) => (sopInstanceUid === '1.2.1.1.2' ? 0xa700 : 0);

    const { result } = await run(target);

    expect(result).to.deep.equal({
      status: 0xb000,
      counters: { remaining: 0, completed: 2, failed: 1, warning: 0 },
      failedUids: ['1.2.1.1.2'],
      words: 'the destination answered Out of resources (A700H)',
    });
  });

  it('tells what became of each instance', async () => {
    for (const number of [1, 2, 3]) put(number);
    const target = new Target();
    target.answer = ({ sopInstanceUid }) =>
      ({ '1.2.1.1.2': 0xa700, '1.2.1.1.3': 0xb000 })[sopInstanceUid] ?? 0;
    const told: [string, string, boolean][] = [];

    await run(target, {
      noted: ({ studyInstanceUid, sopInstanceUid }, isSent) =>
        told.push([studyInstanceUid, sopInstanceUid, isSent]),
    });

    expect(told).to.deep.equal([
      ['1.2.1', '1.2.1.1.1', true],
      ['1.2.1', '1.2.1.1.2', false],
      ['1.2.1', '1.2.1.1.3', true],
    ]);
  });

  it('counts warnings apart: B000H', async () => {
    for (const number of [1, 2]) put(number);
    const target = new Target();
    target.answer = () => 0xb007;

    expect((await run(target)).result).to.deep.include({
      status: 0xb000,
      counters: { remaining: 0, completed: 0, failed: 0, warning: 2 },
      failedUids: [],
    });
  });

  it('ends with A702H where all fail: statuses that are none, an association that has ended, files that are gone', async () => {
    for (const number of [1, 2, 3]) put(number);
    const target = new Target();
    target.answer = ({ sopInstanceUid }) => {
      if (sopInstanceUid === '1.2.1.1.2') throw new Problem('peer-unreachable', 'closed the connection');
      return 0xff00;
    };
    rmSync(place.files.pathOf(instances[0] ?? ({} as StoredInstance)));

    const { result } = await run(target);

    expect(result).to.deep.include({
      status: 0xa702,
      counters: { remaining: 0, completed: 0, failed: 3, warning: 0 },
    });
    expect(result.failedUids).to.deep.equal(['1.2.1.1.1', '1.2.1.1.2', '1.2.1.1.3']);
    expect(result.words).to.match(/^no file /);
    expect(target.closes).to.equal(1);
  });

  it('converts what is uncompressed for a destination that does not take it as it is stored, and nothing else', async () => {
    put(1);
    put(2, FILM);
    const target = new Target();
    target.syntaxes = [IMPLICIT];

    const { result } = await run(target);

    expect(result).to.deep.include({ status: 0xb000, failedUids: ['1.2.1.1.2'] });
    expect(result.words).to.equal(`the destination does not take transfer syntax ${FILM}`);
    const { operation, bytes } = target.stored.get('1.2.1.1.1') ?? {};
    expect(operation).to.deep.include({ transferSyntaxUid: IMPLICIT, sizeBytes: undefined });
    expect(bytes?.equals(encoded(ctDataSet(1, 1, 1), implicitVrLittleEndian))).to.equal(true);
  });

  it('decodes what is compressed for a destination that takes it only uncompressed, and keeps its UID', async () => {
    putCompressed(1);
    const target = new Target();
    target.syntaxes = [IMPLICIT];

    const { result } = await run(target);

    expect(result).to.deep.include({ status: 0x0000, failedUids: [] });
    const { operation, bytes } = target.stored.get('1.2.1.1.1') ?? {};
    expect(operation).to.deep.include({ transferSyntaxUid: IMPLICIT, sizeBytes: bytes?.length });
    const dataSet = DataSet.decode(bytes ?? Buffer.alloc(0), implicitVrLittleEndian);
    expect(dataSet.get(tags.PixelData)).to.deep.include({ bytes: FRAME });
  });

  it('decodes where the destination prefers that, though it takes what is stored too', async () => {
    putCompressed(1);
    const target = new Target();
    target.syntaxes = [uids.RLELossless, EXPLICIT];
    target.preferredTransferSyntaxes = [EXPLICIT];

    await run(target);

    expect(target.stored.get('1.2.1.1.1')?.operation.transferSyntaxUid).to.equal(EXPLICIT);
  });

  it('fails what cannot be decoded with its UID and in words, before anything of it is sent, and sends the rest', async () => {
    putCompressed(1);
    putCompressed(2);
    decode = async (stream, module) => {
      if (stream.toString('latin1').trim() !== '1.2.1.1.2') return { module, bytes: FRAME };
      throw new Problem('not-renderable', 'the rle stream cannot be decoded');
    };
    const target = new Target();
    target.syntaxes = [EXPLICIT];

    const { result } = await run(target);

    expect(result).to.deep.include({
      status: 0xb000,
      counters: { remaining: 0, completed: 1, failed: 1, warning: 0 },
      failedUids: ['1.2.1.1.2'],
      words: 'the rle stream cannot be decoded',
    });
    expect([...target.stored.keys()]).to.deep.equal(['1.2.1.1.1']);
  });

  it('sends what cannot be decoded as it is stored, where the destination takes that too', async () => {
    const dataSet = putCompressed(1);
    decode = async () => Promise.reject(new Problem('not-renderable', 'the rle stream cannot be decoded'));
    const target = new Target();
    target.syntaxes = [uids.RLELossless, EXPLICIT];
    target.preferredTransferSyntaxes = [EXPLICIT];

    const { result } = await run(target);

    const { operation, bytes } = target.stored.get('1.2.1.1.1') ?? {};
    expect(result.status).to.equal(0x0000);
    expect(operation?.transferSyntaxUid).to.equal(uids.RLELossless);
    expect(bytes?.equals(dataSet)).to.equal(true);
  });

  it('sends what the destination prefers where it takes that and it can be had, else as ever', async () => {
    put(1);
    put(2, FILM);
    const sentAs = async (preferred: string[], taken: string[]) => {
      const target = new Target();
      target.preferredTransferSyntaxes = preferred;
      target.syntaxes = taken;
      await run(target);
      return [...target.stored.values()].map(({ operation }) => operation.transferSyntaxUid);
    };
    const all = [EXPLICIT, IMPLICIT, FILM];

    expect(await sentAs([IMPLICIT], all)).to.deep.equal([IMPLICIT, FILM]);
    expect(await sentAs([FILM, IMPLICIT], all)).to.deep.equal([IMPLICIT, FILM]);
    expect(await sentAs([EXPLICIT, IMPLICIT], all)).to.deep.equal([EXPLICIT, FILM]);
    expect(await sentAs([IMPLICIT], [EXPLICIT]), 'not taken').to.deep.equal([EXPLICIT]);
    expect(await sentAs([uids.JPEG2000Lossless], all), 'not to be had').to.deep.equal([EXPLICIT, FILM]);
  });

  it('fails what the destination takes in no transfer syntax at all', async () => {
    put(1);
    const target = new Target();
    target.syntaxes = [];

    expect((await run(target)).result.words).to.equal('the destination does not take this SOP class');
  });

  it('tells how far it is at least every second', async function () {
    this.timeout(60_000);
    for (const number of [1, 2, 3]) put(number);
    const target = new Target();
    target.answer = async () => {
      await wait(700);
      return 0;
    };

    const { pending } = await run(target);

    expect(pending.length).to.be.within(2, 3);
    expect(pending[0]).to.deep.equal({ remaining: 2, completed: 1, failed: 0, warning: 0 });
    for (const { remaining, completed } of pending) expect(remaining + completed).to.equal(3);
  });

  it('stops when it is cancelled: FE00H with what remains', async () => {
    for (let number = 1; number <= 20; number++) put(number);
    const target = new Target();
    target.answer = ({ sopInstanceUid }) => {
      if (sopInstanceUid === '1.2.1.1.3') controller.abort();
      return 0;
    };

    const { result } = await run(target);

    expect(result).to.deep.include({
      status: 0xfe00,
      counters: { remaining: 17, completed: 3, failed: 0, warning: 0 },
    });
    expect([target.stored.size, target.closes]).to.deep.equal([3, 1]);
  });

  it('succeeds where the cancel comes after the last instance', async () => {
    put(1);
    const target = new Target();
    target.answer = () => {
      controller.abort();
      return 0;
    };

    expect((await run(target)).result.status).to.equal(0x0000);
  });

  it('refuses in words before any sub-operation: identifier, catalogue, destination', async () => {
    put(1);
    expect(await refusalOf(run(new Target(), { texts: { QueryRetrieveLevel: 'STUDY' } }))).to.equal(
      'data-set-mismatch: no Study Instance UID to retrieve',
    );
    const unknown = () =>
      Promise.reject(new Problem('move-destination-unknown', 'move destination X is no peer'));
    expect(await refusalOf(run(new Target(), { openTarget: unknown }))).to.equal(
      'move-destination-unknown: move destination X is no peer',
    );
    settle = () => Promise.reject(new Problem('catalog-unavailable', '3 instances wait'));
    expect(await refusalOf(run(new Target()))).to.equal('catalog-unavailable: 3 instances wait');
  });

  /** Lets another one follow before it answers, which it does when it is told. */
  class WindowTarget extends Target {
    readonly order: string[] = [];
    readonly answers: ((status: number | Problem) => void)[] = [];
    operationsMax = 3;
    #unanswered = 0;
    #next: (() => void) | undefined;

    override async store(operation: SubOperation, { next }: StoreOptions = {}): Promise<number> {
      this.order.push(operation.sopInstanceUid);
      await super.store(operation);
      this.#unanswered += 1;
      if (this.#unanswered < this.operationsMax) next?.();
      else this.#next = next;
      const status = await new Promise<number | Problem>((resolve) => this.answers.push(resolve));
      this.#unanswered -= 1;
      this.#next?.();
      if (status instanceof Problem) throw status;
      return status;
    }
  }

  it('sends others before the first is answered, in order, where the target lets it, and counts each', async () => {
    for (const number of [1, 2, 3, 4, 5]) put(number);
    const target = new WindowTarget();
    const running = run(target);
    await until(() => target.answers.length === 3);
    await wait(20);
    expect(target.order).to.have.lengthOf(3);

    target.answers[1]?.(0xa700);
    await until(() => target.answers.length === 4);
    for (const index of [3, 2, 0]) target.answers[index]?.(0);
    await until(() => target.answers.length === 5);
    target.answers[4]?.(0xb000);

    const { result } = await running;
    expect(target.order).to.deep.equal([1, 2, 3, 4, 5].map((number) => `1.2.1.1.${number}`));
    expect(result).to.deep.include({
      status: 0xb000,
      counters: { remaining: 0, completed: 3, failed: 1, warning: 1 },
      failedUids: ['1.2.1.1.2'],
    });
    expect(target.closes).to.equal(1);
  });

  it('sends none after a cancel, hears the answers that are outstanding, and closes then', async () => {
    for (const number of [1, 2, 3, 4, 5]) put(number);
    const target = new WindowTarget();
    const running = run(target);
    await until(() => target.answers.length === 3);

    controller.abort();
    target.answers[0]?.(0);
    await wait(20);
    expect([target.order.length, target.closes]).to.deep.equal([3, 0]);
    target.answers[1]?.(0);
    target.answers[2]?.(new Problem('cancelled', 'cancelled'));

    expect((await running).result).to.deep.include({
      status: 0xfe00,
      counters: { remaining: 3, completed: 2, failed: 0, warning: 0 },
    });
    expect(target.closes).to.equal(1);
  });

  it('takes back what waits for its turn when it is cancelled', async () => {
    for (const number of [1, 2, 3]) put(number);
    let isWaiting = false;
    class OneByOne extends Target {
      override async store(operation: SubOperation, { next, signal }: StoreOptions = {}): Promise<number> {
        if (operation.sopInstanceUid.endsWith('.1')) {
          next?.();
          while (!isWaiting) await wait(1);
          await wait(10);
          return 0;
        }
        isWaiting = true;
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        throw new Problem('cancelled', 'cancelled before it was sent');
      }
    }
    const running = run(new OneByOne());
    await until(() => isWaiting);

    controller.abort();

    expect((await running).result).to.deep.include({
      status: 0xfe00,
      counters: { remaining: 2, completed: 1, failed: 0, warning: 0 },
      failedUids: [],
    });
  });

  it('closes the destination when the catalogue fails on the way', async () => {
    for (const number of [1, 2, 3, 4]) put(number);
    failRows = new Problem('catalog-unavailable', 'the database went away');
    const target = new Target();

    expect(await refusalOf(run(target))).to.equal('catalog-unavailable: the database went away');

    expect(target.closes).to.equal(1);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500 && !isSo(); attempt++) await wait(2);
  expect(isSo()).to.equal(true);
}
