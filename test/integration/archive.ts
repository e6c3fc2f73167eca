import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uids } from '../../src/dicom/uids.ts';
import { type Answer, DimseClient, identifierOf, queryRetrieveContexts } from '../helpers/dimse-client.ts';
import { seriesUidOf, studyUidOf, type TestInstance } from './instances.ts';

const CT_CONTEXT = { abstractSyntax: uids.CTImageStorage, transferSyntaxes: [uids.ExplicitVRLittleEndian] };

/** Settings under which every caller may do everything, so that a test needs no peers. */
export const OPEN_TO_ALL = { DICOMKEEP_UNKNOWN_CALLERS: 'all' } as const;

/** An association for CT images and for everything of query and retrieve. */
export async function connectTo(server: { port: number }, calling = 'TESTSCU'): Promise<DimseClient> {
  return await DimseClient.connect({
    port: server.port,
    calling,
    contexts: [...queryRetrieveContexts, CT_CONTEXT],
    roles: [uids.CTImageStorage],
    keepBytes: false,
  });
}

export async function store(client: DimseClient, instance: TestInstance): Promise<Answer> {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet } = instance;
  return await client.store(sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet);
}

/** SOP Instance UIDs that a query finds in a series; fails unless it ends with success. */
export async function foundIn(client: DimseClient, study: number, series: number): Promise<string[]> {
  const { status, errorComment, responses } = await client.find('STUDY', imagesOf(study, series));
  if (status !== 0) throw new Error(`C-FIND answered ${status.toString(16)} ${errorComment ?? ''}`);
  return responses.map((response) => response.uid(SOP_INSTANCE_UID) ?? '');
}

const SOP_INSTANCE_UID = 0x00080018;

export function imagesOf(study: number, series: number) {
  return identifierOf({
    QueryRetrieveLevel: 'IMAGE',
    StudyInstanceUID: studyUidOf(study),
    SeriesInstanceUID: seriesUidOf(study, series),
    SOPInstanceUID: '',
  });
}

export function wholeStudy(study: number) {
  return identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: studyUidOf(study) });
}

/** Writes a site file with these settings; its path is for DICOMKEEP_CONFIG. */
export function writeSiteFile(folder: string, settings: object): string {
  const path = join(folder, 'site.json5');
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

/** Looks every 50 ms. @throws Error with `words` when it did not come about in time */
export async function until(
  words: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${words}`);
    await sleep(50);
  }
}
