import { createHash } from 'node:crypto';
import type { MessageOfType } from '../../src/dimse/message.ts';
import { responseTo } from '../../src/dimse/response.ts';
import { status } from '../../src/dimse/status.ts';
import type { AssociationDriver, DataSetConsumer } from '../../src/net/association-driver.ts';
import type { AcceptedContext } from '../../src/ul/negotiation.ts';

/** An instance that came by C-STORE, and what the command said of it. */
export interface ReceivedInstance {
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
  /** Of the data set, lower-case hex. */
  sha256: string;
  sizeBytes: number;
  /** The data set; empty where bytes are not kept. */
  dataSet: Buffer;
  originator: { aeTitle: string; messageId: number } | undefined;
}

/** The status to answer, sooner or later; or the end of the association. */
export type StoreAnswer = number | 'abort' | Promise<number | 'abort'>;

export interface ReceiveOptions {
  keepBytes: boolean;
  answer(instance: ReceivedInstance): StoreAnswer;
}

export const answerSuccess = (): number => status.success;

/** C-STORE SCP: hashes a data set as it comes, then answers. */
export function receiveInstance(
  driver: AssociationDriver,
  context: AcceptedContext,
  message: MessageOfType<'C-STORE-RQ'>,
  options: ReceiveOptions,
): DataSetConsumer {
  const hash = createHash('sha256');
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  const { moveOriginatorAeTitle: aeTitle, moveOriginatorMessageId: messageId } = message;
  return {
    write(bytes) {
      hash.update(bytes);
      sizeBytes += bytes.length;
      if (options.keepBytes) pieces.push(Buffer.from(bytes));
    },
    release: () => undefined,
    abort: () => undefined,
    end() {
      const instance = {
        sopClassUid: message.affectedSopClassUid,
        sopInstanceUid: message.affectedSopInstanceUid,
        transferSyntaxUid: context.transferSyntax,
        sha256: hash.digest('hex'),
        sizeBytes,
        dataSet: Buffer.concat(pieces),
        originator: aeTitle === undefined ? undefined : { aeTitle, messageId: messageId ?? 0 },
      };
      void Promise.resolve(options.answer(instance)).then((value) => {
        if (value === 'abort') driver.abort('as the test wants it');
        else driver.send(context.id, responseTo(message, { status: value }));
      });
    },
  };
}
