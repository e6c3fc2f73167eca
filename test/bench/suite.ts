import { type SetShape, setsFor } from './data-sets.ts';
import { inTurn, type Scenario, type Suite } from './scenario.ts';
import { measureDisks } from './scenarios/disks.ts';
import { examination } from './scenarios/examination.ts';
import { find } from './scenarios/find.ts';
import { ingest, ingestRaw } from './scenarios/ingest.ts';
import { lifecycle } from './scenarios/lifecycle.ts';
import { measureLoad } from './scenarios/load.ts';
import { retrieve } from './scenarios/retrieve.ts';
import { scale } from './scenarios/scale.ts';
import { studyLists } from './scenarios/studies.ts';
import { dicomkeepOnMariadb } from './servers/dicomkeep.ts';

const findRepeats = 5;
const retrieveRounds = 3;
const studiesInList = { smoke: 1000, measured: 100_000 };

/** In the order in which they are measured. */
export const scenarios: readonly Scenario[] = [
  { name: 'ingest', measure: ingestAll },
  { name: 'retrieve', measure: retrieveAll },
  { name: 'find', measure: findAll },
  { name: 'examination', measure: examination },
  { name: 'lifecycle', measure: lifecycle },
  { name: 'disks', measure: measureDisks },
  { name: 'load', isOnce: true, measure: measureLoad },
  { name: 'studies', isOnce: true, measure: studiesAll },
  { name: 'scale', isOnce: true, measure: scale },
];

async function ingestAll({ options, directory, repeat, servers, attempt }: Suite): Promise<void> {
  const sets = setsFor(options.isSmoke, options.factor);
  const raw = options.servers.includes('raw') ? (['raw'] as const) : [];
  const ordered = inTurn([...raw, ...inTurn(servers, repeat)], repeat);
  for (const set of sets.filter(({ name }) => options.sets.some((wanted) => wanted === name))) {
    for (const associations of options.associations) {
      const what = `${set.name} ×${associations}`;
      for (const entrant of ordered) {
        if (entrant === 'raw')
          await attempt(`${what} raw`, true, () => ingestRaw(directory, set, associations));
        else
          await attempt(`${what} ${entrant.name}`, entrant.isOurs, () =>
            ingest(entrant, directory, set, associations),
          );
      }
    }
  }
}

async function retrieveAll({ options, directory, servers, attempt }: Suite): Promise<void> {
  const set = setNamed(options, 'ct');
  for (const kind of servers) {
    const rounds = options.isSmoke ? 1 : retrieveRounds;
    await attempt(`retrieve ${kind.name}`, kind.isOurs, () => retrieve(kind, directory, set, rounds));
  }
}

async function findAll({ options, directory, servers, attempt }: Suite): Promise<void> {
  const set = setNamed(options, 'studies');
  for (const kind of servers.filter(({ canFind }) => canFind)) {
    await attempt(`find ${kind.name}`, kind.isOurs, () => find(kind, directory, set, findRepeats));
  }
}

async function studiesAll({ options, directory, servers, attempt }: Suite): Promise<void> {
  if (!servers.includes(dicomkeepOnMariadb)) return;
  const count = options.isSmoke ? studiesInList.smoke : studiesInList.measured;
  await attempt('list of studies', true, () => studyLists(directory, count));
}

function setNamed(options: Suite['options'], name: SetShape['name']): SetShape {
  return setsFor(options.isSmoke, options.factor).find((set) => set.name === name) as SetShape;
}
