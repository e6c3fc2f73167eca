import type { RetrieveResult } from '../clients/retrieve.ts';
import type { SinkResult } from '../clients/sink.ts';
import { Client, runOne } from '../clients.ts';
import type { RetrieveRow } from '../results.ts';
import { clientAeTitle, type RunningServer, sinkAeTitle } from '../servers/server.ts';

/** How long the destination of a C-MOVE may take to notice its end, milliseconds. */
const sinkTimeoutMs = 10_000;

export type Retrieved = Pick<
  RetrieveRow,
  'instances' | 'dataSetBytes' | 'seconds' | 'firstInstanceMs' | 'status'
>;

/**
 * C-MOVE of a study to a sink on `port`, where `instances` are expected.
 * @param operationsMax C-STORE requests that the sink lets the server have unanswered; one, and no window, unless given
 */
export async function move(
  server: RunningServer,
  studyInstanceUid: string,
  port: number,
  instances: number,
  operationsMax?: number,
): Promise<Retrieved> {
  const sink = new Client<SinkResult>({ kind: 'sink', port, instances, operationsMax });
  try {
    await sink.port;
    const request = {
      ...requestTo(server, studyInstanceUid),
      // Ours proposes a window to who has proposed one by the same name.
      ...(operationsMax !== undefined && {
        callingAeTitle: sinkAeTitle,
        operationsPerformed: operationsMax,
      }),
      kind: 'move',
      destination: sinkAeTitle,
    } as const;
    const result = await runOne<RetrieveResult>(request);
    sink.go();
    return retrievedOf(result, await resultWithin(sink, sinkTimeoutMs));
  } finally {
    sink.stop();
  }
}

/**
 * C-GET of a study that has instances of these classes.
 * @param operationsPerformed C-STORE requests that the server may have unanswered; one, and no window, unless given
 */
export async function get(
  server: RunningServer,
  studyInstanceUid: string,
  sopClassUids: readonly string[],
  operationsPerformed?: number,
): Promise<Retrieved> {
  const to = requestTo(server, studyInstanceUid);
  const request = { ...to, kind: 'get', sopClassUids, operationsPerformed } as const;
  const result = await runOne<RetrieveResult>(request);
  return retrievedOf(result, result.received);
}

function requestTo(
  server: RunningServer,
  studyInstanceUid: string,
): { port: number; calledAeTitle: string; callingAeTitle: string; studyInstanceUid: string } {
  return {
    port: server.dimsePort,
    calledAeTitle: server.aeTitle,
    callingAeTitle: clientAeTitle,
    studyInstanceUid,
  };
}

function retrievedOf(result: RetrieveResult, received: SinkResult): Retrieved {
  return {
    instances: received.instances,
    dataSetBytes: received.dataSetBytes,
    seconds: (result.endMs - result.startMs) / 1000,
    firstInstanceMs: received.firstMs - result.startMs,
    status: result.status,
  };
}

async function resultWithin(sink: Client<SinkResult>, timeoutMs: number): Promise<SinkResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('the C-MOVE ended but its destination has not got all')),
      timeoutMs,
    );
  });
  return Promise.race([sink.result, late]).finally(() => clearTimeout(timer));
}
