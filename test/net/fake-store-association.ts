import type { MessageOfType } from '../../src/dimse/message.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { OutstandingStores } from '../../src/net/outstanding-stores.ts';
import { StoreScu } from '../../src/net/store-scu.ts';
import type { SubOperation } from '../../src/services/retrieve.ts';
import type { Pdv } from '../../src/ul/pdu/p-data-tf.ts';

export const CT = '1.2.840.10008.5.1.4.1.1.2';
export const EXPLICIT = '1.2.840.10008.1.2.1';
export const JPEG = '1.2.840.10008.1.2.4.50';

/** In the place of an association: remembers what is sent. */
export class FakeDriver {
  readonly sent: Pdv[] = [];
  readonly aborts: string[] = [];
  /** What `sendPdvs` does besides. */
  onSend: (pdvs: readonly Pdv[]) => Promise<boolean> | boolean = () => true;

  async sendPdvs(pdvs: readonly Pdv[]): Promise<boolean> {
    for (const pdv of pdvs) this.sent.push({ ...pdv, bytes: Buffer.from(pdv.bytes) });
    return this.onSend(pdvs);
  }

  abort(words: string): void {
    this.aborts.push(words);
  }

  /** Pieces of data sets, in the order in which they were sent. */
  get dataSets(): Pdv[] {
    return this.sent.filter(({ isCommand }) => !isCommand);
  }
}

export function response(messageId: number, status = 0): MessageOfType<'C-STORE-RSP'> {
  return { type: 'C-STORE-RSP', hasDataSet: false, messageIdBeingRespondedTo: messageId, status };
}

export async function* piecesOf(...pieces: (string | Error)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    const bytes = Buffer.from(piece);
    yield bytes;
    bytes.fill('!'); // used again for the next one
  }
}

/** A sub-operation of a CT image. */
export function operation(
  pieces: AsyncIterable<Buffer>,
  sizeBytes: number | undefined,
  transferSyntaxUid = EXPLICIT,
): SubOperation {
  return { sopClassUid: CT, sopInstanceUid: '1.2.3', transferSyntaxUid, pieces, sizeBytes };
}

export async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'none',
    (reason: unknown) => reason,
  );
  return error instanceof Problem ? `${error.code}: ${error.message}` : String(error);
}

/** On an association of which another one may have another part. */
export function scuOn(
  driver: FakeDriver,
  stores: OutstandingStores,
  nextMessageId: () => number,
  close = async () => {},
) {
  const roles = { scu: true, scp: true };
  return new StoreScu({
    driver,
    stores,
    contexts: [
      { id: 1, abstractSyntax: CT, transferSyntax: EXPLICIT, requestorRoles: roles },
      { id: 3, abstractSyntax: CT, transferSyntax: JPEG, requestorRoles: roles },
    ],
    nextMessageId,
    priority: 2,
    originator: { aeTitle: 'WS1', messageId: 77 },
    close,
  });
}
