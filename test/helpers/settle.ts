import { DimseClient, identifierOf } from './dimse-client.ts';

/** Resolves when everything that was accepted is filed: a retrieve waits for it, a query for the rows alone. Needs a server that answers everybody. */
export async function settle(server: { port: number }): Promise<void> {
  const client = await DimseClient.connect({ port: server.port });
  const keys = { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '2.25.0' };
  const { status, errorComment } = await client.get('STUDY', identifierOf(keys));
  await client.release();
  if (status !== 0) throw new Error(`C-GET: ${errorComment ?? status.toString(16)}`);
}
