import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Encoding } from '../dicom/data-set-decoder.ts';
import { formatTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { Problem } from '../lib/problem.ts';
import { isUsableUid } from '../storage/instance-files.ts';
import { ElementWalk, type Span, type WalkedElement } from './element-walk.ts';
import { serviceLimits } from './limits.ts';

/** An item of the Referenced SOP Sequence (0008,1199). */
export interface Reference {
  sopClassUid: string;
  sopInstanceUid: string;
}

/** The Action Information of a request — PS3.4 §J.3.2.1.1, Table J.3-1. */
export interface ActionInformation {
  transactionUid: string;
  /** At least one. */
  references: Reference[];
}

/**
 * Reads the Action Information of an N-ACTION. It may have as many items as a study has instances, so no data set is made of it; what it says of storage
 * media is passed over, for it is a wish of those who read them. Others have their turn meanwhile; the bytes must stay as they are.
 * @throws Problem 'unreadable-data-set'; 'unusable-identifier' where something is missing or no UID; 'backlog-full' for too many references
 */
export async function readActionInformation(bytes: Buffer, encoding: Encoding): Promise<ActionInformation> {
  const reading = read(new ActionReader(bytes), { encoding, end: bytes.length, isDelimited: false });
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

/** Reads something, and yields where it has taken long enough. */
type Reading<T> = Generator<undefined, T, undefined>;

function* read(reader: ActionReader, all: Span): Reading<ActionInformation> {
  const information: Partial<ActionInformation> = {};
  for (const element of reader.elements(all)) {
    if (reader.isTurnOver()) yield;
    if (element.tag === tags.TransactionUID)
      information.transactionUid = uidOf(element, 'Transaction UID (0008,1195)');
    else if (element.tag === tags.ReferencedSOPSequence)
      information.references = yield* referencesOf(reader, element);
    else yield* reader.skip(element);
  }
  reader.assertWhole();
  const { transactionUid, references } = information;
  if (transactionUid === undefined) throw unusable('no Transaction UID (0008,1195)');
  if (references === undefined) throw unusable('no Referenced SOP Sequence (0008,1199)');
  if (references.length === 0) throw unusable('Referenced SOP Sequence (0008,1199) without items');
  return { transactionUid, references };
}

/** Items within items that are passed over. */
const DEPTH_MAX = 8;

/** Walks a data set of bounded size, depth and number of elements. */
class ActionReader {
  readonly #walk: ElementWalk;
  #elementCount = 0;
  #turnEnd: number = serviceLimits.actionElementsPerTurn;

  constructor(bytes: Buffer) {
    this.#walk = new ElementWalk(bytes, true);
  }

  /** Told once of each turn. */
  isTurnOver(): boolean {
    if (this.#elementCount < this.#turnEnd) return false;
    this.#turnEnd = this.#elementCount + serviceLimits.actionElementsPerTurn;
    return true;
  }

  /** Whoever gets a sequence must walk its items, or skip it, before the next element is asked for. */
  *elements(span: Span): Generator<WalkedElement, void, undefined> {
    for (let element = this.#walk.next(span); element !== undefined; element = this.#walk.next(span)) {
      this.#count();
      yield element;
    }
  }

  *items(sequence: WalkedElement): Generator<Span, void, undefined> {
    const { items } = sequence;
    if (items === undefined) {
      if (sequence.length !== 0) throw unusable(`${formatTag(sequence.tag)} is no sequence`);
      return;
    }
    for (let item = this.#walk.nextItem(items); item !== undefined; item = this.#walk.nextItem(items)) {
      this.#count();
      yield item;
    }
  }

  *skip(element: WalkedElement, depth = 1): Reading<void> {
    if (element.items === undefined) return;
    if (depth > DEPTH_MAX) throw unreadable(`nested more than ${DEPTH_MAX} deep`);
    for (const item of this.items(element)) {
      if (this.isTurnOver()) yield;
      for (const inner of this.elements(item)) {
        if (this.isTurnOver()) yield;
        if (inner.items !== undefined) yield* this.skip(inner, depth + 1);
      }
    }
  }

  /** @throws Problem where the walk has ended before the bytes did */
  assertWhole(): void {
    if (this.#walk.isCut) throw unreadable('cut off, or no data set');
  }

  #count(): void {
    this.#elementCount += 1;
    const { actionElementsMax } = serviceLimits;
    if (this.#elementCount > actionElementsMax) throw unreadable(`more than ${actionElementsMax} elements`);
  }
}

function* referencesOf(reader: ActionReader, sequence: WalkedElement): Reading<Reference[]> {
  const references: Reference[] = [];
  for (const item of reader.items(sequence)) {
    if (references.length >= serviceLimits.commitmentReferencesMax) {
      const words = `more than ${serviceLimits.commitmentReferencesMax} referenced instances`;
      throw new Problem('backlog-full', words);
    }
    references.push(yield* referenceOf(reader, item, references.length + 1));
  }
  return references;
}

function* referenceOf(reader: ActionReader, item: Span, number: number): Reading<Reference> {
  let sopClassUid: string | undefined;
  let sopInstanceUid: string | undefined;
  for (const element of reader.elements(item)) {
    if (reader.isTurnOver()) yield;
    if (element.tag === tags.ReferencedSOPClassUID)
      sopClassUid = uidOf(element, `item ${number}: SOP Class UID (0008,1150)`);
    else if (element.tag === tags.ReferencedSOPInstanceUID)
      sopInstanceUid = uidOf(element, `item ${number}: SOP Instance UID (0008,1155)`);
    else yield* reader.skip(element);
  }
  // What has no UIDs because the bytes end here is told as that.
  reader.assertWhole();
  if (sopClassUid === undefined) throw unusable(`item ${number}: no SOP Class UID (0008,1150)`);
  if (sopInstanceUid === undefined) throw unusable(`item ${number}: no SOP Instance UID (0008,1155)`);
  return { sopClassUid, sopInstanceUid };
}

/** UIDs as they are stored here, leading zeros and all. @param name of the attribute, for the words */
function uidOf({ value }: WalkedElement, name: string): string {
  // Cut, for more is no UID anyway.
  const uid = value.toString('latin1', 0, 200).replace(/[\0 ]+$/, '');
  if (uid === '') throw unusable(`${name} is empty`);
  if (!isUsableUid(uid)) throw unusable(`${name} is no UID`);
  return uid;
}

function unusable(words: string): Problem {
  return new Problem('unusable-identifier', words);
}

function unreadable(words: string): Problem {
  return new Problem('unreadable-data-set', `action information: ${words}`);
}
