import { Readable } from 'node:stream';
import type { SeriesRow, StoredInstance, StudyRow } from '../catalog/catalog.ts';
import { Problem } from '../lib/problem.ts';
import { instanceParameters, seriesParameters, studyParameters } from './api/studies.ts';
import { assertThere, fileBytesOf, openInstance } from './instance-stream.ts';
import type { AdminParts } from './parts.ts';
import { afterFiling } from './read-your-writes.ts';
import { type Actor, actorOf, Reply, type Route, route } from './route.ts';
import { safeName, type ZipEntry, zipOf } from './zip.ts';

const TAG = 'Studies';

/** Instances as files, studies and series as archives of them. */
export function downloadRoutes(parts: AdminParts): Route[] {
  const downloads = new Downloads(parts);
  return [
    route({
      method: 'get',
      path: '/api/instances/{instance}/file',
      role: 'viewer',
      summary: 'Downloads an instance as it is stored: a DICOM Part 10 file.',
      tag: TAG,
      parameters: instanceParameters,
      answer: 'application/dicom',
      handle: async (request) => await downloads.file(request.parameters.instance, askerOf(request)),
    }),
    route({
      method: 'get',
      path: '/api/studies/{study}/archive',
      role: 'viewer',
      summary: 'Downloads a study as a ZIP archive of its DICOM files.',
      tag: TAG,
      parameters: studyParameters,
      answer: 'application/zip',
      handle: async (request) => await downloads.archive(request.parameters, askerOf(request)),
    }),
    route({
      method: 'get',
      path: '/api/studies/{study}/series/{series}/archive',
      role: 'viewer',
      summary: 'Downloads a series as a ZIP archive of its DICOM files.',
      tag: TAG,
      parameters: seriesParameters,
      answer: 'application/zip',
      handle: async (request) => await downloads.archive(request.parameters, askerOf(request)),
    }),
  ];
}

/** So many are made at once: each takes its share of the event loop, on which instances are acknowledged. */
const ARCHIVES_MAX = 4;

/** Rows of a series that one look into the catalogue gives. */
const PAGE_ROWS = 200;

/** Who asks, and for how long. */
interface Asker {
  actor: Actor;
  signal: AbortSignal;
  /** Whether the headers alone are wanted: that is no download. */
  isHead: boolean;
}

interface Tally {
  studyInstanceUid: string;
  actor: Actor;
  /** Read so far. */
  instances: number;
  isWhole: boolean;
}

class Downloads {
  readonly #parts: AdminParts;
  #archives = 0;

  constructor(parts: AdminParts) {
    this.#parts = parts;
  }

  async file(sopInstanceUid: string, { actor, signal, isHead }: Asker): Promise<Reply> {
    const { catalog, filer } = this.#parts;
    const find = () => catalog.instances.findByUid(sopInstanceUid);
    const instance = await afterFiling(filer, find, (found) => found === undefined);
    if (instance === undefined) throw new Problem('not-found', `no instance ${sopInstanceUid}`);
    await assertThere(this.#parts, [instance]);
    const headers = {
      'Content-Type': 'application/dicom',
      'Content-Length': String(fileBytesOf(instance)),
      'Content-Disposition': attachment(`${safeName(sopInstanceUid, 'instance')}.dcm`),
    };
    if (isHead) return new Reply(200, headers, Readable.from([]));
    const stream = await openInstance(this.#parts, instance);
    const tally = { studyInstanceUid: instance.studyInstanceUid, actor, instances: 0, isWhole: false };
    stream.once('end', () => {
      tally.instances = 1;
      tally.isWhole = true;
    });
    this.#follow(stream, tally, signal);
    return new Reply(200, headers, stream);
  }

  async archive(uids: { study: string; series?: string }, asker: Asker): Promise<Reply> {
    if (this.#archives >= ARCHIVES_MAX) {
      throw new Problem(
        'backlog-full',
        `${ARCHIVES_MAX} archives are being downloaded: try again when one is done`,
      );
    }
    this.#archives += 1;
    const done = () => {
      this.#archives -= 1;
    };
    try {
      const { stream, headers } = await this.#openArchive(uids, asker);
      if (stream.closed) done();
      else stream.once('close', done);
      return new Reply(200, headers, stream);
    } catch (error) {
      done();
      throw error;
    }
  }

  async #openArchive(
    { study: studyUid, series: seriesUid }: { study: string; series?: string },
    { actor, signal, isHead }: Asker,
  ): Promise<{ stream: Readable; headers: Record<string, string> }> {
    const { catalog, filer } = this.#parts;
    const study = await afterFiling(
      filer,
      () => catalog.studies.find(studyUid),
      (found) => found === undefined,
    );
    if (study === undefined) throw new Problem('not-found', `no study ${studyUid}`);
    const series = (await this.#seriesOf(study)).filter(
      ({ seriesInstanceUid }) => seriesUid === undefined || seriesInstanceUid === seriesUid,
    );
    if (series.length === 0) throw new Problem('not-found', `no series ${seriesUid} in study ${studyUid}`);
    for (const { seriesInstanceUid } of series) {
      const uids = { studyInstanceUids: [studyUid], seriesInstanceUids: [seriesInstanceUid] };
      await assertThere(this.#parts, catalog.instances.forRetrieve('SERIES', uids, { signal }));
    }
    const name = `${folderOf(study)}_${safeName(study.studyDate, 'undated')}.zip`;
    const headers = { 'Content-Type': 'application/zip', 'Content-Disposition': attachment(name) };
    if (isHead) return { stream: Readable.from([]), headers };
    const tally = { studyInstanceUid: studyUid, actor, instances: 0, isWhole: false };
    const stream = zipOf(this.#entriesOf(study, series, tally));
    this.#follow(stream, tally, signal);
    return { stream, headers };
  }

  /** @throws Problem where there are more than the catalogue gives: an archive that leaves some out must not look whole */
  async #seriesOf(study: StudyRow): Promise<SeriesRow[]> {
    const series = await this.#parts.catalog.studies.seriesOf(study.studyInstanceUid);
    if (series.length >= study.seriesCount) return series;
    const words = `${study.seriesCount} series in study ${study.studyInstanceUid} are too many for one archive`;
    throw new Problem('data-set-mismatch', words);
  }

  async *#entriesOf(
    study: StudyRow,
    series: readonly SeriesRow[],
    tally: Tally,
  ): AsyncGenerator<ZipEntry, void, undefined> {
    for (const one of series) {
      const folder = `${folderOf(study)}/${seriesFolderOf(one)}`;
      for await (const { instance, number } of this.#instancesOf(one)) {
        yield {
          name: `${folder}/${number ?? 'X'}_${safeName(instance.sopInstanceUid, 'instance', 128)}.dcm`,
          sizeBytes: fileBytesOf(instance),
          modifiedAt: instance.arrivedAt,
          open: async () => {
            const stream = await openInstance(this.#parts, instance);
            stream.once('end', () => {
              tally.instances += 1;
            });
            return stream;
          },
        };
      }
    }
    tally.isWhole = true;
  }

  /** In the order of their numbers, page by page: whoever downloads takes his time. */
  async *#instancesOf({
    studyInstanceUid,
    seriesInstanceUid,
  }: SeriesRow): AsyncGenerator<{ instance: StoredInstance; number: number | null }, void, undefined> {
    const { instances } = this.#parts.catalog;
    let cursor: string | undefined;
    for (;;) {
      const page = await instances.ofSeries(studyInstanceUid, seriesInstanceUid, {
        limit: PAGE_ROWS,
        ...(cursor !== undefined && { cursor }),
      });
      const numbers = new Map(page.items.map((row) => [row.sopInstanceUid, row.instanceNumber]));
      const uids = {
        studyInstanceUids: [studyInstanceUid],
        seriesInstanceUids: [seriesInstanceUid],
        sopInstanceUids: [...numbers.keys()],
      };
      for await (const instance of instances.forRetrieve('IMAGE', uids))
        yield { instance, number: numbers.get(instance.sopInstanceUid) ?? null };
      if (page.nextCursor === null) return;
      cursor = page.nextCursor;
    }
  }

  /** Ends the stream when the asker has gone, and records the download when it is over. */
  #follow(stream: Readable, tally: Tally, signal: AbortSignal): void {
    const end = () => stream.destroy();
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    stream.once('close', () => {
      signal.removeEventListener('abort', end);
      const { studyInstanceUid, actor, instances, isWhole } = tally;
      const count = instances === 1 ? '1 instance' : `${instances} instances`;
      const words = `${actor.name} downloaded ${count} of study ${studyInstanceUid}`;
      this.#parts.activity.record({
        kind: 'retrieve-answered',
        severity: isWhole ? 'info' : 'warning',
        words: isWhole ? words : `${words}, and the download was broken off`,
        fields: {
          operation: 'download',
          by: actor.name,
          address: actor.address,
          studyInstanceUid,
          instances,
        },
      });
    });
  }
}

function askerOf(request: { actor: Actor | undefined; signal: AbortSignal; isHead: boolean }): Asker {
  const { signal, isHead } = request;
  return { actor: actorOf(request), signal, isHead };
}

function folderOf({ patientId, studyInstanceUid }: StudyRow): string {
  return safeName(patientId, safeName(studyInstanceUid, 'study'));
}

function seriesFolderOf({ seriesNumber, modality }: SeriesRow): string {
  return safeName(`${seriesNumber ?? 'X'}_${modality}`, 'series');
}

/** @param name a safe one */
function attachment(name: string): string {
  return `attachment; filename="${name}"`;
}
