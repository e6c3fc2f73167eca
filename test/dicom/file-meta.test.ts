import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  dataSetOffsetOf,
  decodeFileMeta,
  encodeFileMeta,
  FILE_META_HEAD_BYTES,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  PRIVATE_INFORMATION_CREATOR_UID,
  type Proof,
  writeProof,
} from '../../src/dicom/file-meta.ts';
import { Problem } from '../../src/lib/problem.ts';

const META = {
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  sopInstanceUid: '1.2.3',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  sourceAeTitle: 'CT1',
};
const PROOF: Proof = {
  sizeBytes: 526_338,
  sha256: '5a'.repeat(32),
  arrivedAt: Date.parse('2026-11-21T20:15:09.123Z'),
  sourceAeTitle: 'CT1',
  sourceAddress: '192.0.2.7',
};

function withProof(meta = META, proof = PROOF): Buffer {
  const bytes = encodeFileMeta(meta);
  writeProof(bytes, proof);
  return bytes;
}

describe('File Meta Information (PS3.10 §7.1, storage/FORMAT.md)', () => {
  it('comes back as it was written', () => {
    expect(decodeFileMeta(withProof())).to.deep.equal({ meta: META, proof: PROOF });
  });

  it('comes back for all UIDs, AE titles and proofs that there may be', () => {
    const uid = fc.stringMatching(/^[0-9][0-9.]{0,127}$/);
    const ae = fc.stringMatching(/^[!-~]([ -~]{0,14}[!-~])?$/);
    const proof = fc.record({
      sizeBytes: fc.integer({ min: 1, max: 2 ** 48 }),
      sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
      arrivedAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      sourceAeTitle: ae,
      sourceAddress: fc.constantFrom('192.0.2.7', '::1', 'fe80:1234:5678:9abc:def0:1234:5678:9abc%eth0.1234'),
    });
    fc.assert(
      fc.property(
        uid,
        uid,
        uid,
        ae,
        proof,
        (sopClassUid, sopInstanceUid, transferSyntaxUid, sourceAeTitle, one) => {
          const meta = { sopClassUid, sopInstanceUid, transferSyntaxUid, sourceAeTitle };
          const bytes = withProof(meta, one);

          const sourceAddress = one.sourceAddress.slice(0, 45);
          expect(decodeFileMeta(bytes)).to.deep.equal({ meta, proof: { ...one, sourceAddress } });
          expect(dataSetOffsetOf(bytes)).to.equal(bytes.length);
        },
      ),
    );
  });

  it('has preamble, prefix and the elements of Table 7.1-1 in their order, even lengths, explicit VR little endian', () => {
    const bytes = withProof();

    expect(bytes.subarray(0, 128).equals(Buffer.alloc(128))).to.equal(true);
    expect(bytes.toString('latin1', 128, 132)).to.equal('DICM');
    const elements: string[] = [];
    for (let at = 132; at < bytes.length; ) {
      const vr = bytes.toString('latin1', at + 4, at + 6);
      const length = vr === 'OB' ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
      elements.push(
        `${bytes.readUInt16LE(at).toString(16)},${bytes.readUInt16LE(at + 2).toString(16)} ${vr}`,
      );
      expect(length % 2).to.equal(0);
      at += (vr === 'OB' ? 12 : 8) + length;
    }
    expect(elements).to.deep.equal([
      '2,0 UL',
      '2,1 OB',
      '2,2 UI',
      '2,3 UI',
      '2,10 UI',
      '2,12 UI',
      '2,13 SH',
      '2,16 AE',
      '2,100 UI',
      '2,102 OB',
    ]);
    expect(bytes.readUInt32LE(140), 'group length').to.equal(bytes.length - 144);
    for (const text of [
      IMPLEMENTATION_CLASS_UID,
      IMPLEMENTATION_VERSION_NAME,
      PRIVATE_INFORMATION_CREATOR_UID,
    ]) {
      expect(bytes.includes(text)).to.equal(true);
    }
    expect(IMPLEMENTATION_VERSION_NAME.length).to.be.at.most(16);
    expect(IMPLEMENTATION_CLASS_UID.length).to.be.at.most(64);
  });

  it('has the proof in its last 256 bytes, whatever it says, as the text that FORMAT.md shows', () => {
    const empty = encodeFileMeta(META);
    const small = withProof(META, { ...PROOF, sizeBytes: 1, sourceAeTitle: '', sourceAddress: '' });
    const large = withProof(META, {
      ...PROOF,
      sizeBytes: 999_999_999_999_999,
      sourceAeTitle: 'A'.repeat(99),
      sourceAddress: 'f'.repeat(99),
    });

    for (const bytes of [small, large]) {
      expect(bytes.length).to.equal(empty.length);
      expect(bytes.subarray(0, -256).equals(empty.subarray(0, -256))).to.equal(true);
      expect(decodeFileMeta(bytes).proof).not.to.equal(undefined);
    }
    expect(empty.subarray(-256).equals(Buffer.alloc(256))).to.equal(true);
    expect(
      withProof()
        .toString('latin1', empty.length - 256)
        .trimEnd(),
    ).to.equal(
      `dicomkeep 1\nlength 526338\nsha256 ${'5a'.repeat(32)}\narrived 2026-11-21T20:15:09.123Z\ncaller CT1\naddress 192.0.2.7`,
    );
  });

  it('is checked by hand as FORMAT.md says: 144 bytes, the group length at 140, and the SHA-256 of the rest', () => {
    const dataSet = Buffer.from('any bytes');
    const sha256 = createHash('sha256').update(dataSet).digest('hex');
    const file = Buffer.concat([withProof(META, { ...PROOF, sha256, sizeBytes: dataSet.length }), dataSet]);

    const rest = file.subarray(144 + file.readUInt32LE(140));

    expect(createHash('sha256').update(rest).digest('hex')).to.equal(sha256);
  });

  it('is not forged by what a caller sends as its name or address', () => {
    const forged = 'X\nlength 1\nsha256 ';
    const { proof } = decodeFileMeta(
      withProof(META, { ...PROOF, sourceAeTitle: forged, sourceAddress: `${forged}\r\0\u0085é` }),
    );

    expect(proof).to.deep.include({ sizeBytes: PROOF.sizeBytes, sha256: PROOF.sha256 });
    expect(proof?.sourceAeTitle).to.equal('X?length 1?sha25');
    expect(proof?.sourceAddress).to.match(/^[ -~]*$/);
  });

  it('has no proof before it was written, nor one that is torn', () => {
    expect(decodeFileMeta(encodeFileMeta(META)).proof).to.equal(undefined);
    const whole = withProof();
    const textBytes = whole.toString('latin1', whole.length - 256).trimEnd().length + 1;
    for (let zeros = 256; zeros > 256 - textBytes; zeros--) {
      const torn = Buffer.from(whole);
      torn.fill(0, torn.length - zeros);
      expect(decodeFileMeta(torn).proof, `${zeros} zeros at the end`).to.equal(undefined);
    }
    for (let zeros = 1; zeros < textBytes; zeros++) {
      const torn = Buffer.from(whole);
      torn.fill(0, torn.length - 256, torn.length - 256 + zeros);
      expect(decodeFileMeta(torn).proof, `${zeros} zeros at the beginning`).to.equal(undefined);
    }
  });

  it('has no proof that another implementation wrote', () => {
    const bytes = withProof();
    bytes.write('9', bytes.indexOf(PRIVATE_INFORMATION_CREATOR_UID), 'latin1');

    expect(decodeFileMeta(bytes).proof).to.equal(undefined);
  });

  it('is none of ours without prefix or group length, cut short, or too long', () => {
    const bytes = withProof();
    const changed = (at: number, value: number) =>
      Buffer.from(bytes.subarray(0, FILE_META_HEAD_BYTES)).fill(value, at, at + 1);
    for (const head of [
      Buffer.alloc(0),
      Buffer.alloc(144),
      bytes.subarray(0, 143),
      changed(128, 0),
      changed(132, 8),
      changed(134, 1),
      changed(143, 1),
    ]) {
      expect(() => dataSetOffsetOf(head)).to.throw(Problem);
    }
    for (let length = 132; length < bytes.length; length++) {
      try {
        expect(decodeFileMeta(bytes.subarray(0, length)).proof).to.equal(undefined);
      } catch (error) {
        expect(error).to.be.instanceOf(Problem);
      }
    }
  });

  it('throws nothing but a Problem on any bytes', () => {
    const whole = withProof();
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 5 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          decodeFileMeta(bytes.subarray(0, dataSetOffsetOf(bytes)));
        } catch (error) {
          expect(error).to.be.instanceOf(Problem);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
