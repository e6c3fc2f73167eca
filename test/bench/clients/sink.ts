import { type AddressInfo, createServer } from 'node:net';
import { explicitVrLittleEndian, implicitVrLittleEndian } from '../data-sets.ts';
import { nowMs } from '../measure.ts';
import { Association } from '../wire/association.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import {
  type Command,
  commandElements,
  commandFields,
  encodeStoreSuccess,
  hasDataSet,
  numberOf,
  textOf,
} from '../wire/command.ts';
import type { Control } from './control.ts';

/** A C-STORE SCP that reads, discards and answers 0000: the destination of a C-MOVE, or the measure of a client. */
export interface SinkJob {
  kind: 'sink';
  /** 0 for any free port */
  port: number;
  /** Listening ends when so many have come, over however many associations one after the other, or at `go`. */
  instances: number;
  /** C-STORE requests that a caller may have unanswered where it asks for a window; no window is granted unless given. */
  operationsMax?: number | undefined;
}

export interface SinkResult {
  instances: number;
  dataSetBytes: number;
  /** When the data set of the first instance was complete. */
  firstMs: number;
  /** When the last one was answered. */
  endMs: number;
}

export function sink(job: SinkJob, { announce, go }: Control): Promise<SinkResult> {
  const result: SinkResult = { instances: 0, dataSetBytes: 0, firstMs: 0, endMs: 0 };
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      const connection = new BlockingSocket(socket);
      try {
        discardAll(connection, job.operationsMax, result);
      } catch (error) {
        reject(error);
      }
      connection.close();
      if (result.instances >= job.instances) finish();
    });
    const finish = (): void => {
      server.close();
      resolve(result);
    };
    void go().then(finish);
    server.listen(job.port, '127.0.0.1', () => announce((server.address() as AddressInfo).port));
  });
}

function discardAll(connection: BlockingSocket, operationsMax: number | undefined, result: SinkResult): void {
  const association = Association.accept(
    connection,
    new Set([explicitVrLittleEndian, implicitVrLittleEndian]),
    operationsMax,
  );
  for (;;) {
    const request = association.nextCommand();
    if (request === undefined) return;
    takeInstance(association, request.contextId, request.command, result);
  }
}

/** Discards the data set of a C-STORE-RQ and answers it with 0000. @throws when it is another request */
export function takeInstance(
  association: Association,
  contextId: number,
  request: Command,
  result: SinkResult,
): void {
  if (numberOf(request, commandElements.commandField) !== commandFields.cStoreRq || !hasDataSet(request)) {
    throw new Error('the peer asks for something else than C-STORE');
  }
  result.dataSetBytes += association.skipDataSet();
  if (result.instances++ === 0) result.firstMs = nowMs();
  const messageId = numberOf(request, commandElements.messageId);
  const sopClassUid = textOf(request, commandElements.affectedSopClassUid);
  const sopInstanceUid = textOf(request, commandElements.affectedSopInstanceUid);
  association.sendCommand(contextId, encodeStoreSuccess(messageId, sopClassUid, sopInstanceUid));
  result.endMs = nowMs();
}
