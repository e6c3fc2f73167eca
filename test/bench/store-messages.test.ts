import { expect } from 'chai';
import { explicitVrLittleEndian, type SetShape, setsFor, studiesOf, valuesOf } from './data-sets.ts';
import { explicitText } from './fixtures.ts';
import { encodeStoreMessage } from './store-messages.ts';
import { commandElements, decodeCommand, numberOf, textOf } from './wire/command.ts';

interface Pdv {
  isCommand: boolean;
  isLast: boolean;
  pduBytes: number;
  data: Buffer;
}

/** Takes a stream of P-DATA-TF PDUs apart, PS3.8 §9.3.5, with one PDV in each. */
function pdvsOf(stream: Buffer): Pdv[] {
  const pdvs: Pdv[] = [];
  for (let offset = 0; offset < stream.length; ) {
    const pduBytes = stream.readUInt32BE(offset + 2);
    const control = stream.readUInt8(offset + 11);
    expect(stream.readUInt8(offset)).to.equal(0x04);
    expect(stream.readUInt32BE(offset + 6)).to.equal(pduBytes - 4);
    const data = stream.subarray(offset + 12, offset + 6 + pduBytes);
    pdvs.push({ isCommand: (control & 1) === 1, isLast: (control & 2) === 2, pduBytes, data });
    offset += 6 + pduBytes;
  }
  return pdvs;
}

function dataSetOf(pdvs: readonly Pdv[]): Buffer {
  return Buffer.concat(pdvs.filter((pdv) => !pdv.isCommand).map((pdv) => pdv.data));
}

function setNamed(name: SetShape['name'], isSmoke = true): SetShape {
  const set = setsFor(isSmoke).find((one) => one.name === name);
  if (set === undefined) throw new Error(`no set ${name}`);
  return set;
}

describe('Store message of the benchmark', () => {
  for (const name of ['ct', 'small', 'multi-frame', 'studies'] as const) {
    for (const pduBytesMax of [16384, 131072]) {
      it(`keeps every P-DATA-TF of ${name} within ${pduBytesMax} bytes and ends the data set once`, () => {
        const message = encodeStoreMessage(setNamed(name), 1, pduBytesMax);

        const pdvs = pdvsOf(Buffer.concat(message.segments));

        expect(Math.max(...pdvs.map((pdv) => pdv.pduBytes))).to.be.at.most(pduBytesMax);
        expect(pdvs.map((pdv) => pdv.isCommand).lastIndexOf(true)).to.equal(0);
        expect(pdvs.flatMap((pdv, index) => (pdv.isLast ? [index] : []))).to.deep.equal([0, pdvs.length - 1]);
        expect(dataSetOf(pdvs)).to.have.length(message.dataSetBytes);
      });
    }
  }

  it('repeats one block of PDUs in a large instance instead of holding it whole', () => {
    const message = encodeStoreMessage(setNamed('multi-frame', false), 1, 131072);

    const distinct = new Set(message.segments);

    expect(message.dataSetBytes).to.be.above(200e6);
    expect([...distinct].reduce((sum, segment) => sum + segment.length, 0)).to.be.below(20e6);
    expect(pdvsOf(Buffer.concat(message.segments)).filter((pdv) => pdv.isLast)).to.have.length(2);
  });

  it('becomes another instance in the command and in the data set alike', () => {
    const set = setNamed('ct');
    const message = encodeStoreMessage(set, 1, 16384);

    message.become(17);

    const [command, ...data] = pdvsOf(Buffer.concat(message.segments));
    const request = decodeCommand(command?.data ?? Buffer.alloc(0));
    const values = valuesOf(set, 17);
    expect(textOf(request, commandElements.affectedSopInstanceUid)).to.equal(values.sopInstanceUid);
    expect(numberOf(request, commandElements.messageId)).to.equal(18);
    const dataSet = dataSetOf(data);
    expect(explicitText(dataSet, 0x00080018)).to.equal(values.sopInstanceUid);
    expect(explicitText(dataSet, 0x0020000d)).to.equal(values.studyInstanceUid);
    expect(explicitText(dataSet, 0x0020000e)).to.equal(values.seriesInstanceUid);
    expect(explicitText(dataSet, 0x00100020)).to.equal(values.patientId);
    expect(explicitText(dataSet, 0x00200013)).to.equal(values.instanceNumber);
  });
});

describe('Sets of the benchmark', () => {
  it('are those of the goals: one CT study in five series, 60 KB, 200 MB, 2000 studies', () => {
    const sets = setsFor(false);

    const shapes = sets.map((set) => [set.name, set.instances, studiesOf(set)]);

    expect(shapes).to.deep.equal([
      ['ct', 2185, 1],
      ['small', 3000, 10],
      ['multi-frame', 5, 1],
      ['studies', 4000, 2000],
    ]);
    expect(explicitVrLittleEndian).to.equal('1.2.840.10008.1.2.1');
  });

  it('give every instance a legal UID of its own, of one length', () => {
    const sets = setsFor(true);

    const uids = sets.flatMap((set) =>
      Array.from({ length: set.instances }, (_, index) => valuesOf(set, index).sopInstanceUid),
    );

    expect(new Set(uids)).to.have.property('size', uids.length);
    for (const uid of uids)
      expect(uid)
        .to.match(/^2\.25\.[1-9]\d{33,34}$/)
        .and.have.length(uids[0]?.length ?? 0);
  });
});
