import type { QueryResult } from '../clients/find.ts';
import { runOne } from '../clients.ts';
import type { SetShape } from '../data-sets.ts';
import { percentile, toMicroseconds } from '../measure.ts';
import { isRight, queriesOf } from '../queries.ts';
import type { FindRow } from '../results.ts';
import { clientAeTitle, type ServerKind } from '../servers/server.ts';
import { failuresOf, storeAll, withServer } from './archive.ts';

/** Loads many small studies, then asks for them. */
export function find(
  kind: ServerKind,
  baseDirectory: string,
  set: SetShape,
  repeats: number,
): Promise<FindRow[]> {
  return withServer(kind, baseDirectory, async (server) => {
    await server.filed(set.instances - failuresOf(await storeAll(server, set, 4)));
    const { queries } = await runOne<{ queries: QueryResult[] }>({
      kind: 'find',
      port: server.dimsePort,
      calledAeTitle: server.aeTitle,
      callingAeTitle: clientAeTitle,
      queries: queriesOf(set),
      repeats,
    });
    return queries.map((query) => ({
      scenario: 'find' as const,
      server: kind.name,
      query: query.name,
      p50Ms: percentile(query.timesMs, 50),
      p99Ms: percentile(query.timesMs, 99),
      timesMs: query.timesMs.map(toMicroseconds),
      answers: query.answers,
      isRight: isRight(query, set),
      status: query.status,
    }));
  });
}
