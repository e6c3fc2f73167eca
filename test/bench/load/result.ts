import { percentile } from '../measure.ts';
import type { Modality } from './mix.ts';
import type { ModalityResult } from './modality.ts';
import type { LoadRow, SizeResult } from './row.ts';
import { added } from './span.ts';
import type { ViewerResult, WorkstationResult } from './workstation.ts';

export interface ClientResults {
  modalities: readonly ModalityResult[];
  workstation: WorkstationResult;
  viewer: ViewerResult;
}

type FromClients = Pick<
  LoadRow,
  | 'modalities'
  | 'instances'
  | 'dataSetBytes'
  | 'associations'
  | 'refusals'
  | 'failures'
  | 'sizes'
  | 'queries'
  | 'queryP50Ms'
  | 'queryP95Ms'
  | 'queryMaxMs'
  | 'queryP95MsOf'
  | 'associateP95Ms'
  | 'moves'
  | 'moveP95Seconds'
  | 'wrong'
>;

/** What the clients have to tell, put together. */
export function fromClients({ modalities, workstation, viewer }: ClientResults): FromClients {
  const queryMs = Object.values(workstation.timesMs).flat();
  const sum = (value: (result: ModalityResult) => number): number =>
    modalities.reduce((total, result) => total + value(result), 0);
  return {
    modalities: modalities.length,
    instances: sum(({ instances }) => instances),
    dataSetBytes: sum(({ dataSetBytes }) => dataSetBytes),
    associations: sum(({ associations }) => associations) + queryMs.length + viewer.seconds.length,
    refusals: added([...modalities, workstation, viewer].map(({ refusals }) => refusals)),
    failures: added(modalities.map(({ failures }) => failures)),
    sizes: sizesOf(modalities),
    queries: queryMs.length,
    queryP50Ms: percentile(queryMs, 50),
    queryP95Ms: percentile(queryMs, 95),
    queryMaxMs: percentile(queryMs, 100),
    queryP95MsOf: Object.fromEntries(
      Object.entries(workstation.timesMs).map(([name, timesMs]) => [name, percentile(timesMs, 95)]),
    ),
    associateP95Ms: percentile(workstation.associateMs, 95),
    moves: viewer.seconds.length,
    moveP95Seconds: percentile(viewer.seconds, 95),
    wrong: added([workstation.wrong, viewer.wrong]),
  };
}

/** One for each size, in the order in which they first come. */
function sizesOf(modalities: readonly ModalityResult[]): SizeResult[] {
  const labels = new Set<Modality['label']>(modalities.map(({ label }) => label));
  return [...labels].map((label) => {
    const of = modalities.filter((result) => result.label === label);
    const latenciesMs = of.flatMap((result) => result.latenciesMs);
    return {
      label,
      modalities: of.length,
      instances: of.reduce((sum, { instances }) => sum + instances, 0),
      p50Ms: percentile(latenciesMs, 50),
      p99Ms: percentile(latenciesMs, 99),
      behindMsMax: Math.max(...of.map(({ behindMsMax }) => behindMsMax)),
      behindMs: Math.max(...of.map(({ behindMs }) => behindMs)),
    };
  });
}
