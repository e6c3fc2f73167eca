import type { Pdv } from '../ul/pdu/p-data-tf.ts';

/**
 * The PDVs of a message for a P-DATA request: the command set, and the data set where it is small enough to be at hand.
 * A large data set follows in requests of its own, made by `dataSetPdv`. The engine cuts PDVs to the peer's maximum.
 * @param dataSet stays the caller's, unchanged until it is written
 */
export function messagePdvs(contextId: number, command: Buffer, dataSet?: Buffer): Pdv[] {
  const commandPdv = { contextId, isCommand: true, isLast: true, bytes: command };
  return dataSet === undefined ? [commandPdv] : [commandPdv, dataSetPdv(contextId, dataSet, true)];
}

/** A piece of a data set; `isLast` on the last one only. Pieces but the last have an even number of bytes (PS3.8 Annex E.2). */
export function dataSetPdv(contextId: number, bytes: Buffer, isLast: boolean): Pdv {
  return { contextId, isCommand: false, isLast, bytes };
}
