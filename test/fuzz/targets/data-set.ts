import { DataSet } from '../../../src/dicom/data-set.ts';
import type { Encoding } from '../../../src/dicom/data-set-decoder.ts';
import { DataSetScanner } from '../../../src/dicom/data-set-scanner.ts';
import { tags } from '../../../src/dicom/dictionary/tags.ts';
import { type JsonDataSet, toJson } from '../../../src/dicom/json.ts';
import type { KeptElement } from '../../../src/dicom/kept-elements.ts';
import { Problem } from '../../../src/lib/problem.ts';
import { HeaderDecoder } from '../../../src/services/header-decoder.ts';
import { dataSetSeeds, ENCODINGS } from '../data-set-seeds.ts';
import { assertSame, cutsOf, type FuzzTarget, outcomeOf, Refused } from '../target.ts';

const KEPT: ReadonlySet<number> = new Set([
  tags.SpecificCharacterSet,
  tags.SOPInstanceUID,
  tags.PatientName,
  tags.RequestAttributesSequence,
  tags.PatientID,
]);

/** PS3.5 §7, one target for each encoding: the scanner that instances stream through, and the decoder of what is held in memory. */
export const dataSets: readonly FuzzTarget[] = Object.entries(ENCODINGS).map(([name, encoding]) => ({
  name: `data-set-${name}`,
  seeds: () => dataSetSeeds(encoding),
  check(input) {
    const scanned = checkScanner(input, encoding);
    checkDecoder(input, encoding, scanned);
  },
}));

type Scanned = Map<number, KeptElement> | Refused;

function checkScanner(input: Buffer, encoding: Encoding): { scanned: Scanned; dropped: ReadonlySet<number> } {
  const outcomes = cutsOf(input).map((pieces) => {
    const scanner = new DataSetScanner(encoding, KEPT);
    const scanned = outcomeOf(() => {
      for (const piece of pieces) {
        scanner.write(piece);
        piece.fill(0xff); // the caller's again
      }
      scanner.end();
      return new Map(scanner.kept);
    }, Problem);
    return { scanned, dropped: scanner.dropped, told: told(scanned, scanner) };
  });
  for (const other of outcomes.slice(1)) assertSame('scanner, cut elsewhere', outcomes[0]?.told, other.told);
  const [first] = outcomes;
  if (first === undefined) throw new Error('no outcome');
  if (!(first.scanned instanceof Refused))
    new HeaderDecoder().decode({ syntax: encoding, elements: first.scanned });
  return first;
}

function told(scanned: Scanned, { bulk, dropped, position }: DataSetScanner) {
  if (scanned instanceof Refused) return scanned;
  const kept = [...scanned].map(([tag, { bytes, valueOffset }]) => [tag, bytes.toString('hex'), valueOffset]);
  return [kept, [...dropped], bulk, position];
}

/** What the decoder takes, the scanner takes too, and both see the same values. */
function checkDecoder(
  input: Buffer,
  encoding: Encoding,
  { scanned, dropped }: { scanned: Scanned; dropped: ReadonlySet<number> },
): void {
  const decoded = outcomeOf(() => DataSet.decode(input, encoding), Problem);
  if (decoded instanceof Refused) return;
  const json = toJson(decoded);
  checkEncodings(decoded, json, encoding);
  if (input.length === 0) return;
  if (scanned instanceof Refused)
    throw new Error(`the decoder takes what the scanner does not: ${scanned.words}`);
  for (const [tag, { bytes }] of scanned) {
    if (dropped.has(tag)) continue;
    const alone = outcomeOf(() => DataSet.decode(bytes, encoding), Problem);
    if (alone instanceof Refused) throw new Error(`kept, and cannot be decoded: ${alone.words}`);
    const [one, other] = [alone.get(tag), decoded.get(tag)];
    if (one?.vr === 'SQ' || other?.vr === 'SQ') continue;
    assertSame('value of scanner and decoder', one?.bytes.toString('hex'), other?.bytes.toString('hex'));
  }
}

/** What was decoded can be written in each encoding, and reads alike. */
function checkEncodings(decoded: DataSet, json: JsonDataSet, encoding: Encoding): void {
  const once = DataSet.decode(decoded.encode(encoding), encoding);
  const twice = DataSet.decode(once.encode(encoding), encoding);
  assertSame('encoded twice', toJson(once), toJson(twice));
  if (Object.keys(json).length === 0) return;
  for (const other of Object.values(ENCODINGS)) DataSet.decode(decoded.encode(other), other);
}
