import type { TransferSyntax } from '../../dicom/transfer-syntax.ts';
import { transferSyntaxOf } from '../../dicom/transfer-syntax.ts';
import type { Message } from '../../dimse/message.ts';
import { messageOf, Problem } from '../../lib/problem.ts';
import type { QueryService } from '../../services/query.ts';
import type { RetrieveService } from '../../services/retrieve.ts';
import type { StorageService } from '../../services/storage.ts';
import type { StorageCommitment } from '../../services/storage-commitment.ts';
import type { AcceptorSession } from '../acceptor-session.ts';
import type { DataSetConsumer } from '../association-driver.ts';
import type { Outbound } from '../outbound.ts';

export interface Services {
  storage: StorageService;
  commitment: StorageCommitment;
  query: QueryService;
  retrieve: RetrieveService;
  outbound: Outbound;
}

export type OperationHandler = (
  session: AcceptorSession,
  contextId: number,
  message: Message,
) => DataSetConsumer | undefined;

/** The transfer syntax of an accepted context for identifiers. */
export function syntaxOf(session: AcceptorSession, contextId: number): TransferSyntax {
  const { transferSyntax } = session.contextOf(contextId);
  return transferSyntaxOf(transferSyntax) ?? failWith(`accepted transfer syntax ${transferSyntax}`);
}

function failWith(words: string): never {
  throw new Error(words);
}

/** Anything that is no Problem is a bug of ours: logged with its stack, answered 0110H without it. */
export function toProblem(session: AcceptorSession, error: unknown): Problem {
  if (error instanceof Problem) return error;
  session.log.error('bug', {
    reason: messageOf(error),
    stack: error instanceof Error ? (error.stack ?? '') : '',
  });
  return new Problem('internal', 'processing failure', { cause: error });
}
