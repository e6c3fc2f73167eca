import { z } from 'zod';
import { pageOf, pageParameters, personNameSchema, timeSchema, uidSchema } from './common.ts';

/** Matching keys, as in a C-FIND: `*`, `?`, ranges `20240101-20241231`, lists parted by backslash — PS3.4 §C.2.2.2. */
const key = z.string().max(1000).optional();

const studyKeys = {
  patientName: key,
  patientId: key,
  patientBirthDate: key,
  patientSex: key,
  studyDate: key,
  studyTime: key,
  accessionNumber: key,
  studyId: key,
  studyDescription: key,
  referringPhysicianName: key,
  modalitiesInStudy: key,
  studyInstanceUid: key,
};
const seriesKeys = {
  modality: key,
  seriesInstanceUid: key,
  seriesDescription: key,
  seriesNumber: key,
  bodyPartExamined: key,
  protocolName: key,
  stationName: key,
};

export const STUDY_SORTS = ['lastArrivedAt', 'studyDate', 'patientName', 'patientId'] as const;

export const studyQuerySchema = z.strictObject({
  /**
   * Words as one types them: each has to begin a component of the name, or the patient's ID, or the accession number, or be a modality or
   * a date (2024, 2024-05, 2024-05-17, 20240517).
   */
  text: z.string().max(200).optional(),
  ...studyKeys,
  sort: z.enum(STUDY_SORTS).default('lastArrivedAt'),
  order: z.enum(['ascending', 'descending']).default('descending'),
  ...pageParameters,
});
export const seriesQuerySchema = z.strictObject({ ...studyKeys, ...seriesKeys, ...pageParameters });
export const instanceQuerySchema = z.strictObject({
  ...studyKeys,
  ...seriesKeys,
  sopInstanceUid: key,
  sopClassUid: key,
  instanceNumber: key,
  ...pageParameters,
});

export const studySchema = z.strictObject({
  studyInstanceUid: z.string(),
  patientName: personNameSchema,
  patientId: z.string(),
  /** YYYYMMDD as in the data set, '' where there is none; likewise the other dates and times. */
  patientBirthDate: z.string(),
  patientSex: z.string(),
  studyDate: z.string(),
  studyTime: z.string(),
  accessionNumber: z.string(),
  studyId: z.string(),
  studyDescription: z.string(),
  referringPhysicianName: personNameSchema,
  institutionName: z.string(),
  modalities: z.array(z.string()),
  seriesCount: z.int(),
  instanceCount: z.int(),
  firstArrivedAt: timeSchema,
  lastArrivedAt: timeSchema,
});
export type Study = z.infer<typeof studySchema>;
export const studyPageSchema = pageOf(studySchema);

export const seriesSchema = z.strictObject({
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  modality: z.string(),
  seriesNumber: z.int().nullable(),
  seriesDescription: z.string(),
  bodyPartExamined: z.string(),
  protocolName: z.string(),
  stationName: z.string(),
  seriesDate: z.string(),
  instanceCount: z.int(),
  firstArrivedAt: timeSchema,
  lastArrivedAt: timeSchema,
});
export type Series = z.infer<typeof seriesSchema>;
export const seriesPageSchema = pageOf(seriesSchema);

export const instanceSchema = z.strictObject({
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  sopInstanceUid: z.string(),
  sopClassUid: z.string(),
  sopClassName: z.string(),
  transferSyntaxUid: z.string(),
  transferSyntaxName: z.string(),
  instanceNumber: z.int().nullable(),
  /** Of the data set. */
  sizeBytes: z.int(),
  /** Of the data set, lower-case hex. */
  sha256: z.string(),
  arrivedAt: timeSchema,
  sourceAeTitle: z.string(),
  numberOfFrames: z.int(),
});
export type Instance = z.infer<typeof instanceSchema>;
export const instancePageSchema = pageOf(instanceSchema);

/** One element, as a person reads it. */
export interface Attribute {
  /** `(0010,0010)` */
  tag: string;
  keyword: string;
  vr: string;
  /** Values joined by backslash, cut at 1000 characters; for binary ones their length in words. */
  value: string;
  /** Of a sequence. */
  items?: Attribute[][] | undefined;
}
export const attributeSchema: z.ZodType<Attribute> = z.lazy(() =>
  z.strictObject({
    tag: z.string(),
    keyword: z.string(),
    vr: z.string(),
    value: z.string(),
    items: z.array(z.array(attributeSchema)).optional(),
  }),
);

export const conflictSchema = z.strictObject({
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  sopInstanceUid: z.string(),
  sha256: z.string(),
  sizeBytes: z.int(),
  arrivedAt: timeSchema,
  sourceAeTitle: z.string(),
});
export type Conflict = z.infer<typeof conflictSchema>;
export const conflictPageSchema = pageOf(conflictSchema);

export const conflictQuerySchema = z.strictObject({ study: uidSchema.optional(), ...pageParameters });

export const studyDetailSchema = z.strictObject({
  study: studySchema,
  series: z.array(seriesSchema),
  conflicts: z.array(conflictSchema),
});
export type StudyDetail = z.infer<typeof studyDetailSchema>;

export const instanceDetailSchema = z.strictObject({
  instance: instanceSchema,
  attributes: z.array(attributeSchema),
  /** Elements that were left out because there are too many of them. */
  omitted: z.int(),
});
export type InstanceDetail = z.infer<typeof instanceDetailSchema>;

export const studyParameters = z.strictObject({ study: uidSchema });
export const seriesParameters = z.strictObject({ study: uidSchema, series: uidSchema });
export const instanceParameters = z.strictObject({ instance: uidSchema });
export const seriesInstancesQuerySchema = z.strictObject(pageParameters);

export const previewQuerySchema = z.strictObject({
  /** From 1; the middle one unless given. */
  frame: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
  /** Pixels of the longer side at most. */
  size: z.coerce.number().int().min(32).max(1024).default(256),
});
