import { expect } from 'chai';
import fc from 'fast-check';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import {
  explicitVrLittleEndian,
  type TransferSyntax,
  transferSyntaxOf,
} from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Problem } from '../../src/lib/problem.ts';
import { serviceLimits } from '../../src/services/limits.ts';
import { readActionInformation } from '../../src/services/storage-commitment-request.ts';
import { actionInformation } from '../helpers/commitment.ts';

const CT = uids.CTImageStorage;
const IMPLICIT = transferSyntaxOf(uids.ImplicitVRLittleEndian) ?? explicitVrLittleEndian;
const BIG_ENDIAN = transferSyntaxOf(uids.ExplicitVRBigEndian) ?? explicitVrLittleEndian;

describe('readActionInformation (PS3.4 §J.3.2.1.1)', () => {
  const two = () =>
    actionInformation('1.2.9', [
      { sopClass: CT, sopInstance: '1.2.3' },
      { sopClass: CT, sopInstance: '1.2.03' },
    ]);

  async function problemOf(bytes: Buffer, syntax: TransferSyntax = explicitVrLittleEndian): Promise<Problem> {
    try {
      await readActionInformation(bytes, syntax);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
    throw new Error('taken');
  }
  const refusalOf = async (dataSet: DataSet) => {
    const { code, message } = await problemOf(dataSet.encode(explicitVrLittleEndian));
    expect(message.length).to.be.at.most(64);
    return `${code}: ${message}`;
  };

  it('reads Transaction UID and references in every transfer syntax of identifiers', async () => {
    for (const syntax of [explicitVrLittleEndian, IMPLICIT, BIG_ENDIAN]) {
      expect(await readActionInformation(two().encode(syntax), syntax)).to.deep.equal({
        transactionUid: '1.2.9',
        references: [
          { sopClassUid: CT, sopInstanceUid: '1.2.3' },
          { sopClassUid: CT, sopInstanceUid: '1.2.03' },
        ],
      });
    }
  });

  it('reads sequences and items of undefined length, and passes over what it does not know', async () => {
    const bytes = Buffer.concat([
      Buffer.from('08009511', 'hex'), // Transaction UID
      Buffer.from('06000000', 'hex'),
      Buffer.from('1.2.9\0'),
      Buffer.from('08009911ffffffff', 'hex'), // Referenced SOP Sequence
      Buffer.from('feff00e0ffffffff', 'hex'), // item
      Buffer.from('0800501104000000', 'hex'),
      Buffer.from('1.2 '),
      Buffer.from('0800551104000000', 'hex'),
      Buffer.from('3.4\0'),
      // A private sequence within it.
      Buffer.from('09001010ffffffff', 'hex'),
      Buffer.from('feff00e0ffffffff', 'hex'),
      Buffer.from('feff0de000000000', 'hex'),
      Buffer.from('feffdde000000000', 'hex'),
      Buffer.from('feff0de000000000', 'hex'),
      Buffer.from('feffdde000000000', 'hex'),
    ]);

    const { transactionUid, references } = await readActionInformation(bytes, IMPLICIT);

    expect(transactionUid).to.equal('1.2.9');
    expect(references).to.deep.equal([{ sopClassUid: '1.2', sopInstanceUid: '3.4' }]);
  });

  it('refuses what lacks an attribute of type 1, and names it', async () => {
    const without = (tag: number) => {
      const dataSet = two();
      dataSet.delete(tag);
      return dataSet;
    };
    const emptyUid = two();
    emptyUid.setText(tags.TransactionUID, '');
    const noSequence = without(tags.ReferencedSOPSequence);
    noSequence.set({ tag: tags.ReferencedSOPSequence, vr: 'OB', bytes: Buffer.from('no') });
    const secondWithout = two();
    secondWithout.items(tags.ReferencedSOPSequence)[1]?.delete(tags.ReferencedSOPInstanceUID);

    expect(await refusalOf(without(tags.TransactionUID))).to.equal(
      'unusable-identifier: no Transaction UID (0008,1195)',
    );
    expect(await refusalOf(emptyUid)).to.equal('unusable-identifier: Transaction UID (0008,1195) is empty');
    expect(await refusalOf(without(tags.ReferencedSOPSequence))).to.equal(
      'unusable-identifier: no Referenced SOP Sequence (0008,1199)',
    );
    expect(await refusalOf(actionInformation('1.2.9', []))).to.equal(
      'unusable-identifier: Referenced SOP Sequence (0008,1199) without items',
    );
    expect(await refusalOf(noSequence)).to.equal('unusable-identifier: (0008,1199) is no sequence');
    expect(await refusalOf(secondWithout)).to.equal(
      'unusable-identifier: item 2: no SOP Instance UID (0008,1155)',
    );
    expect(await refusalOf(new DataSet())).to.equal('unusable-identifier: no Transaction UID (0008,1195)');
  });

  it('refuses UIDs that are none', async () => {
    for (const uid of ['..', 'abc', '1.2/3', `1.${'2'.repeat(200)}`]) {
      expect(await refusalOf(actionInformation('1.2.9', [{ sopClass: CT, sopInstance: uid }]))).to.equal(
        'unusable-identifier: item 1: SOP Instance UID (0008,1155) is no UID',
      );
    }
  });

  it('refuses what is cut off, wherever that is', async () => {
    const bytes = two().encode(explicitVrLittleEndian);
    for (let length = 1; length < bytes.length; length++) {
      const problem = await problemOf(bytes.subarray(0, length));
      expect(['unreadable-data-set', 'unusable-identifier']).to.include(problem.code);
    }
    expect((await problemOf(bytes.subarray(0, bytes.length - 1))).code).to.equal('unreadable-data-set');
  });

  it('refuses more references than are taken, deep nesting and floods of elements', async () => {
    const item = Buffer.from('feff00e0160000000800501103000000332e330800551103000000332e33', 'hex');
    const count = serviceLimits.commitmentReferencesMax + 1;
    const head = Buffer.from('0800991100000000', 'hex');
    head.writeUInt32LE(item.length * count, 4);
    const many = Buffer.concat([head, ...Array.from({ length: count }, () => item)]);
    const opened = Buffer.from('09001010fffffffffeff00e0ffffffff', 'hex');
    const deep = Buffer.concat(Array.from({ length: 1000 }, () => opened));
    const empty = Buffer.from('0900111000000000', 'hex');
    const flood = Buffer.concat(Array.from({ length: serviceLimits.actionElementsMax + 1 }, () => empty));

    expect((await problemOf(many, IMPLICIT)).code).to.equal('backlog-full');
    expect(await problemOf(deep, IMPLICIT)).to.include({ code: 'unreadable-data-set' });
    expect((await problemOf(deep, IMPLICIT)).message).to.contain('deep');
    expect((await problemOf(flood, IMPLICIT)).message).to.contain('more than 600000 elements');
  });

  it('lets others have their turn while it reads', async () => {
    const item = Buffer.from('feff00e0160000000800501103000000332e330800551103000000332e33', 'hex');
    const empty = Buffer.from('0900111000000000', 'hex');
    const sequence = (tag: string, value: Buffer) => {
      const head = Buffer.from(`${tag}00000000`, 'hex');
      head.writeUInt32LE(value.length, 4);
      return Buffer.concat([head, value]);
    };
    const wrapped = sequence('feff00e0', Buffer.concat(Array<Buffer>(30_000).fill(empty)));
    const uid = sequence('08009511', Buffer.from('1.2.9\0'));
    const many = sequence('08009911', Buffer.concat(Array<Buffer>(10_000).fill(item)));
    const within = sequence(
      '08009911',
      sequence('feff00e0', Buffer.concat([item.subarray(8), wrapped.subarray(8)])),
    );
    // Undefined length: a private element is a sequence in Implicit VR by that alone.
    const skipped = Buffer.concat([
      Buffer.from('09001010ffffffff', 'hex'),
      wrapped,
      Buffer.from('feffdde000000000', 'hex'),
    ]);
    for (const [count, bytes] of [
      [10_000, Buffer.concat([uid, many])],
      [1, Buffer.concat([uid, within])],
      [1, Buffer.concat([uid, sequence('08009911', item), skipped])],
    ] as const) {
      let turns = 0;
      let isOver = false;
      const others = () => {
        turns += 1;
        if (!isOver) setImmediate(others);
      };
      setImmediate(others);

      const { references } = await readActionInformation(bytes, IMPLICIT);
      isOver = true;

      expect(references).to.have.length(count);
      expect(turns, 'turns of others').to.be.at.least(
        Math.floor(30_000 / serviceLimits.actionElementsPerTurn),
      );
    }
  });

  it('answers any bytes with a Problem or with UIDs', async () => {
    const seed = two().encode(IMPLICIT);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { maxLength: 12 }),
        async (changes) => {
          const bytes = Buffer.from(seed);
          for (const [at, value] of changes) bytes[at] = value;
          for (const syntax of [explicitVrLittleEndian, IMPLICIT, BIG_ENDIAN]) {
            try {
              const { references } = await readActionInformation(bytes, syntax);
              for (const { sopInstanceUid } of references) expect(sopInstanceUid).to.match(/^[0-9][0-9.]*$/);
            } catch (error) {
              expect(error).to.be.instanceOf(Problem);
            }
          }
        },
      ),
    );
  });
});
