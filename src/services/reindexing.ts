import type { Catalog, InstanceArrival } from '../catalog/catalog.ts';
import { inParallel } from '../lib/in-parallel.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { conflictPaths, filedByWeek } from '../storage/filed-instances.ts';
import type { InstanceFileHead } from '../storage/instance-file.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { readFileHead } from '../storage/instance-reader.ts';
import { isoWeekOf } from '../storage/week.ts';
import { HeaderDecoder } from './header-decoder.ts';
import { identityOf } from './inspection.ts';
import { readHeader } from './recovery.ts';

export interface ReindexOptions {
  catalog: Catalog;
  files: InstanceFiles;
  volumePath: string;
  keptTags: ReadonlySet<number>;
  batchInstancesMax: number;
  /** More files were found. */
  found(count: number): void;
  /** Files that are done with. */
  done(count: number): void;
  /** A file that cannot be indexed, and stays where it is. */
  skipped(path: string, reason: string): void;
}

export interface ReindexResult {
  indexed: number;
  /** In the catalogue already. */
  known: number;
  skipped: number;
}

const decoder = new HeaderDecoder();

/** Files opened at once. */
const READS_AT_ONCE = 16;

/**
 * Rebuilds the catalogue from the files alone — DESIGN promise 3. Week by week and in the order of arrival, so that the rows become what they were: where
 * instances disagree about their study, the first one's word stays. What is in the catalogue already is left alone, so it may be stopped and started again.
 */
export async function reindexVolume(options: ReindexOptions): Promise<ReindexResult> {
  const result: ReindexResult = { indexed: 0, known: 0, skipped: 0 };
  for await (const { week, paths } of filedByWeek(options.volumePath))
    await indexPaths(paths, week, options, result);
  await indexPaths(await conflictPaths(options.volumePath), undefined, options, result);
  return result;
}

interface Candidate {
  path: string;
  head: InstanceFileHead;
  proof: NonNullable<InstanceFileHead['proof']>;
}

/** @param week the folder that the files lie in; undefined for `conflicts/` */
async function indexPaths(
  paths: readonly string[],
  week: string | undefined,
  options: ReindexOptions,
  result: ReindexResult,
): Promise<void> {
  options.found(paths.length);
  const candidates = await readAll(paths, (path) => candidateOf(path, options, result));
  candidates.sort((a, b) => a.proof.arrivedAt - b.proof.arrivedAt);
  for (let at = 0; at < candidates.length; at += options.batchInstancesMax) {
    const batch = candidates.slice(at, at + options.batchInstancesMax);
    const unknown = await withoutKnown(batch, week, options, result);
    const arrivals = await readAll(unknown, (candidate) => arrivalOf(candidate, week, options, result));
    await options.catalog.instances.index(arrivals);
    result.indexed += arrivals.length;
    options.done(batch.length);
  }
}

async function candidateOf(
  path: string,
  options: ReindexOptions,
  result: ReindexResult,
): Promise<Candidate | undefined> {
  try {
    const head = await readFileHead(path);
    if (head.proof === undefined)
      throw new Problem('unreadable-data-set', 'no proof in its File Meta Information');
    if (head.dataSetBytes !== head.proof.sizeBytes) {
      throw new Problem(
        'unreadable-data-set',
        `${head.dataSetBytes} bytes, not ${head.proof.sizeBytes} as proven`,
      );
    }
    return { path, head, proof: head.proof };
  } catch (error) {
    options.done(1);
    return skip(path, error, options, result);
  }
}

/**
 * Leaves out those whose row is in the catalogue: the same data set, arrived at the same time. A conflicting version needs a current one beside
 * it: alone it would become current, and does not lie where current ones do.
 */
async function withoutKnown(
  batch: readonly Candidate[],
  week: string | undefined,
  options: ReindexOptions,
  result: ReindexResult,
): Promise<Candidate[]> {
  const known = await options.catalog.instances.arrivalsOf(batch.map(({ head }) => head.meta.sopInstanceUid));
  const unknown: Candidate[] = [];
  for (const candidate of batch) {
    const { head, path, proof } = candidate;
    const row = known.get(head.meta.sopInstanceUid);
    if (row?.sha256 === proof.sha256 && row.arrivedAt === proof.arrivedAt) result.known += 1;
    else if (week !== undefined || row !== undefined) unknown.push(candidate);
    else
      skip(
        path,
        new Problem('not-found', 'another version of an instance that is not indexed'),
        options,
        result,
      );
  }
  return unknown;
}

async function arrivalOf(
  { path, head, proof }: Candidate,
  folderWeek: string | undefined,
  options: ReindexOptions,
  result: ReindexResult,
): Promise<InstanceArrival | undefined> {
  try {
    const { transferSyntaxUid } = head.meta;
    const { dataSetOffset } = head;
    const { sizeBytes, sha256, arrivedAt, sourceAeTitle } = proof;
    const header = await readHeader(path, { dataSetOffset, sizeBytes, transferSyntaxUid }, options.keptTags);
    const identity = identityOf(header.elements);
    const week = folderWeek ?? isoWeekOf(arrivedAt);
    const expected =
      folderWeek === undefined
        ? options.files.conflictPathOf(identity.sopInstanceUid, sha256)
        : options.files.pathOf({ ...identity, week });
    if (path !== expected) throw new Problem('data-set-mismatch', 'it does not lie where its UIDs belong');
    const attributes = decoder.decode(header);
    return {
      ...identity,
      transferSyntaxUid,
      sizeBytes,
      dataSetOffset,
      sha256,
      arrivedAt,
      sourceAeTitle,
      week,
      attributes,
    };
  } catch (error) {
    return skip(path, error, options, result);
  }
}

function skip(path: string, error: unknown, options: ReindexOptions, result: ReindexResult): undefined {
  if (!(error instanceof Problem) || error.code === 'volume-offline') throw error;
  result.skipped += 1;
  options.skipped(path, messageOf(error));
}

/** In the order of `items`; those that give nothing are left out. */
async function readAll<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result | undefined>,
): Promise<Result[]> {
  const results = await inParallel(items, READS_AT_ONCE, work);
  return results.filter((one) => one !== undefined);
}
