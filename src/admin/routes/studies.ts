import type { QueryKey } from '../../catalog/catalog.ts';
import { vrOf } from '../../dicom/dictionary/dictionary.ts';
import { tags } from '../../dicom/dictionary/tags.ts';
import { nameOfUid } from '../../dicom/uids.ts';
import { Problem } from '../../lib/problem.ts';
import { viewOfInstance } from '../../services/attributes-view.ts';
import {
  conflictPageSchema,
  conflictQuerySchema,
  instanceDetailSchema,
  instancePageSchema,
  instanceParameters,
  instanceQuerySchema,
  seriesInstancesQuerySchema,
  seriesPageSchema,
  seriesParameters,
  seriesQuerySchema,
  studyDetailSchema,
  studyPageSchema,
  studyParameters,
  studyQuerySchema,
} from '../api/studies.ts';
import { downloadRoutes } from '../downloads.ts';
import { idOfCursor, pageById } from '../pages.ts';
import type { AdminParts } from '../parts.ts';
import { afterFiling, readFiled } from '../read-your-writes.ts';
import { actorOf, type Route, route } from '../route.ts';

const TAG = 'Studies';
/** Conflicts that the detail of a study has at most; the list of conflicts has them all. */
const DETAIL_CONFLICTS_MAX = 200;

/** Studies, series and instances: search, detail, download. */
export function studyRoutes(parts: AdminParts): Route[] {
  return [...searchRoutes(parts), ...detailRoutes(parts), ...downloadRoutes(parts)];
}

function searchRoutes({ catalog, filer }: AdminParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/studies',
      role: 'viewer',
      summary: 'Searches studies, by words as one types them and by the matching keys of a C-FIND.',
      tag: TAG,
      query: studyQuerySchema,
      answer: studyPageSchema,
      async handle({ query: { text, sort, order, cursor, limit, ...keys } }) {
        const page = {
          keys: keysOf(keys),
          sort,
          isDescending: order === 'descending',
          limit,
          ...(text !== undefined && { text }),
          ...(cursor !== undefined && { cursor }),
        };
        return await afterFiling(filer, () => catalog.studies.page(page), isEmpty);
      },
    }),
    route({
      method: 'get',
      path: '/api/series',
      role: 'viewer',
      summary: 'Searches series by the matching keys of a C-FIND, newest first.',
      tag: TAG,
      query: seriesQuerySchema,
      answer: seriesPageSchema,
      async handle({ query: { cursor, limit, ...keys } }) {
        const page = { keys: keysOf(keys), limit, ...(cursor !== undefined && { cursor }) };
        return await afterFiling(filer, () => catalog.seriesPage(page), isEmpty);
      },
    }),
    route({
      method: 'get',
      path: '/api/instances',
      role: 'viewer',
      summary: 'Searches instances by the matching keys of a C-FIND, newest first.',
      tag: TAG,
      query: instanceQuerySchema,
      answer: instancePageSchema,
      async handle({ query: { cursor, limit, ...keys } }) {
        const page = { keys: keysOf(keys), limit, ...(cursor !== undefined && { cursor }) };
        return named(await afterFiling(filer, () => catalog.instancesPage(page), isEmpty));
      },
    }),
    route({
      method: 'get',
      path: '/api/conflicts',
      role: 'viewer',
      summary: 'Lists data sets that came with the SOP Instance UID of another one, newest first.',
      tag: TAG,
      query: conflictQuerySchema,
      answer: conflictPageSchema,
      async handle({ query: { study, cursor, limit } }) {
        const selection = {
          limit: limit + 1,
          ...(study !== undefined && { studyInstanceUid: study }),
          ...(cursor !== undefined && { beforeId: idOfCursor(cursor) }),
        };
        const found = await afterFiling(
          filer,
          () => catalog.conflicts.list(selection),
          (rows) => rows.length === 0,
        );
        return pageById(found, limit, toConflict);
      },
    }),
  ];
}

function detailRoutes({ audit, catalog, files, filer }: AdminParts): Route[] {
  const isUndefined = (found: unknown) => found === undefined;
  return [
    route({
      method: 'get',
      path: '/api/studies/{study}',
      role: 'viewer',
      summary: 'Describes a study: its series, and the conflicts in it.',
      tag: TAG,
      parameters: studyParameters,
      answer: studyDetailSchema,
      async handle(request) {
        const { study: uid } = request.parameters;
        const study = await afterFiling(filer, () => catalog.studies.find(uid), isUndefined);
        if (study === undefined) throw new Problem('not-found', `no study ${uid}`);
        audit.studyViewed(actorOf(request), uid);
        const [series, conflicts] = await Promise.all([
          catalog.studies.seriesOf(uid),
          catalog.conflicts.list({ studyInstanceUid: uid, limit: DETAIL_CONFLICTS_MAX }),
        ]);
        return { study, series, conflicts: conflicts.map(toConflict) };
      },
    }),
    route({
      method: 'get',
      path: '/api/studies/{study}/series/{series}',
      role: 'viewer',
      summary: 'Lists the instances of a series in the order of their numbers.',
      tag: TAG,
      parameters: seriesParameters,
      query: seriesInstancesQuerySchema,
      answer: instancePageSchema,
      async handle(request) {
        const { study, series } = request.parameters;
        const { cursor, limit } = request.query;
        const options = { limit, ...(cursor !== undefined && { cursor }) };
        const list = () => catalog.instances.ofSeries(study, series, options);
        const page = await afterFiling(filer, list, isEmpty);
        // No series is empty, but a page behind its last instance may be.
        if (isEmpty(page) && cursor === undefined)
          throw new Problem('not-found', `no series ${series} in study ${study}`);
        audit.studyViewed(actorOf(request), study);
        return named(page);
      },
    }),
    route({
      method: 'get',
      path: '/api/instances/{instance}',
      role: 'viewer',
      summary: 'Describes an instance, with the attributes that its file has.',
      tag: TAG,
      parameters: instanceParameters,
      answer: instanceDetailSchema,
      async handle(request) {
        const { instance: uid } = request.parameters;
        const find = () => catalog.instances.findByUid(uid);
        const stored = await afterFiling(filer, find, isUndefined);
        if (stored === undefined) throw new Problem('not-found', `no instance ${uid}`);
        audit.studyViewed(actorOf(request), stored.studyInstanceUid);
        const key = { tag: tags.SOPInstanceUID, vr: 'UI', values: [uid] };
        const { items } = named(await catalog.instancesPage({ keys: [key], limit: 1 }));
        const view = await readFiled(filer, () => viewOfInstance(files, stored));
        return { instance: items[0], ...view };
      },
    }),
  ];
}

/** The tag of each matching key; its name is that of the attribute. */
const KEY_TAGS: Readonly<Record<string, number>> = {
  patientName: tags.PatientName,
  patientId: tags.PatientID,
  patientBirthDate: tags.PatientBirthDate,
  patientSex: tags.PatientSex,
  studyDate: tags.StudyDate,
  studyTime: tags.StudyTime,
  accessionNumber: tags.AccessionNumber,
  studyId: tags.StudyID,
  studyDescription: tags.StudyDescription,
  referringPhysicianName: tags.ReferringPhysicianName,
  modalitiesInStudy: tags.ModalitiesInStudy,
  studyInstanceUid: tags.StudyInstanceUID,
  modality: tags.Modality,
  seriesInstanceUid: tags.SeriesInstanceUID,
  seriesDescription: tags.SeriesDescription,
  seriesNumber: tags.SeriesNumber,
  bodyPartExamined: tags.BodyPartExamined,
  protocolName: tags.ProtocolName,
  stationName: tags.StationName,
  sopInstanceUid: tags.SOPInstanceUID,
  sopClassUid: tags.SOPClassUID,
  instanceNumber: tags.InstanceNumber,
};

/** What was given, as the keys of a C-FIND identifier; a list is parted by backslashes there as here. */
function keysOf(given: Readonly<Record<string, string | undefined>>): QueryKey[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const tag = KEY_TAGS[name];
    if (value === undefined || value === '' || tag === undefined) return [];
    return [{ tag, vr: vrOf(tag), values: value.split('\\') }];
  });
}

function isEmpty({ items }: { items: readonly unknown[] }): boolean {
  return items.length === 0;
}

/** With the names of their UIDs. */
function named<Row extends { sopClassUid: string; transferSyntaxUid: string }>(page: {
  items: readonly Row[];
  nextCursor: string | null;
}) {
  const items = page.items.map((row) => ({
    ...row,
    sopClassName: nameOfUid(row.sopClassUid),
    transferSyntaxName: nameOfUid(row.transferSyntaxUid),
  }));
  return { items, nextCursor: page.nextCursor };
}

type ConflictRow = Awaited<ReturnType<AdminParts['catalog']['conflicts']['list']>>[number];

function toConflict(row: ConflictRow) {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sha256, sizeBytes, arrivedAt, sourceAeTitle } =
    row;
  return { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sha256, sizeBytes, arrivedAt, sourceAeTitle };
}
