import { z } from 'zod';
import { EVENT_KINDS } from '../../services/activity-kinds.ts';
import { WARNINGS } from '../../services/warnings.ts';
import { pageOf, pageParameters, timeSchema } from './common.ts';

export { EVENT_KINDS, type EventKind } from '../../services/activity-kinds.ts';
export { WARNINGS } from '../../services/warnings.ts';

export const warningSchema = z.strictObject({
  code: z.enum(WARNINGS),
  severity: z.enum(['warning', 'error']),
  /** English, as in the log; the page has its own by `code` and `values`. */
  words: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type Warning = z.infer<typeof warningSchema>;

export const openAssociationSchema = z.strictObject({
  number: z.int(),
  callingAeTitle: z.string(),
  calledAeTitle: z.string(),
  address: z.string(),
  isPeer: z.boolean(),
  isTls: z.boolean(),
  openedAt: timeSchema,
  storedInstances: z.int(),
  storedBytes: z.int(),
  refusedInstances: z.int(),
  sentInstances: z.int(),
});
export type OpenAssociation = z.infer<typeof openAssociationSchema>;

export const volumeSchema = z.strictObject({
  /** '' where it was never seen. */
  id: z.string(),
  path: z.string(),
  state: z.enum(['online', 'offline']),
  /** Why it is offline; '' where it is not. */
  words: z.string(),
  /** Of its file system, as all three; what else lies on it is among the used. */
  freeBytes: z.int().nullable(),
  usedBytes: z.int().nullable(),
  totalBytes: z.int().nullable(),
  reserveBytes: z.int(),
  /** Bytes that came per day in the last 30 days, at most since the first; null where nothing did. */
  bytesPerDay: z.number().nullable(),
  /** Days until the reserve is reached at that rate; null where it is not to be foreseen. */
  daysLeft: z.number().nullable(),
});
export type Volume = z.infer<typeof volumeSchema>;
export const volumeListSchema = z.strictObject({ items: z.array(volumeSchema) });

export const listeningSchema = z.strictObject({
  service: z.enum(['dimse', 'dimse-tls']),
  host: z.string(),
  port: z.int(),
});

export const statusSchema = z.strictObject({
  version: z.string(),
  now: timeSchema,
  startedAt: timeSchema,
  /** IANA name; days of the statistics are days of this zone. */
  timeZone: z.string(),
  aeTitles: z.array(z.string()),
  listening: z.array(listeningSchema),
  /** Of this machine, those that others can reach first. */
  addresses: z.array(z.string()),
  catalog: z.strictObject({
    engine: z.enum(['mariadb', 'sqlite']),
    isReachable: z.boolean(),
    words: z.string(),
    latencyMs: z.number().nullable(),
  }),
  volume: volumeSchema,
  totals: z.strictObject({ studies: z.int(), instances: z.int(), bytes: z.int() }),
  today: z.strictObject({
    instances: z.int(),
    bytes: z.int(),
    byModality: z.array(z.strictObject({ modality: z.string(), instances: z.int(), bytes: z.int() })),
  }),
  /** Of the last ten seconds. */
  rate: z.strictObject({ instancesPerSecond: z.number(), bytesPerSecond: z.number() }),
  /** Accepted and not yet in the catalogue. */
  waiting: z.strictObject({ instances: z.int(), bytes: z.int() }),
  associations: z.array(openAssociationSchema),
  /** By last arrival, newest first. */
  lastArrivals: z.array(
    z.strictObject({
      aeTitle: z.string(),
      isPeer: z.boolean(),
      lastStoredAt: timeSchema,
      instancesToday: z.int(),
    }),
  ),
  warnings: z.array(warningSchema),
});
export type Status = z.infer<typeof statusSchema>;

export const eventSchema = z.strictObject({
  id: z.int(),
  at: timeSchema,
  kind: z.string(),
  severity: z.enum(['info', 'warning', 'error']),
  /** English, as in the log; no patient names. */
  words: z.string(),
  /** caller, called, address, destination, studyInstanceUid, instances, bytes, reason, by, before, after … as the kind has them. */
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type Event = z.infer<typeof eventSchema>;
export const eventPageSchema = pageOf(eventSchema);

const eventFilter = {
  /** Several, parted by commas. */
  kind: z
    .string()
    .max(1000)
    .refine((kinds) => kinds.split(',').every(isEventKind), 'kinds of events, parted by commas')
    .optional(),
  severity: z
    .string()
    .regex(/^(info|warning|error)(,(info|warning|error)){0,2}$/)
    .optional(),
  /** Events that name this AE title as caller or destination, or whose words contain it. */
  text: z.string().max(100).optional(),
  studyInstanceUid: z.string().max(128).optional(),
  since: z.coerce.number().int().min(0).optional(),
  until: z.coerce.number().int().min(0).optional(),
};
export const eventQuerySchema = z.strictObject({ ...eventFilter, ...pageParameters });

export const statisticsQuerySchema = z.strictObject({
  days: z.coerce.number().int().min(1).max(3660).default(30),
});
const tally = { instances: z.int(), bytes: z.int() };
export const statisticsSchema = z.strictObject({
  timeZone: z.string(),
  /** Oldest first, days without arrivals among them. `day`: YYYY-MM-DD. */
  days: z.array(z.strictObject({ day: z.string(), ...tally })),
  byPeer: z.array(z.strictObject({ aeTitle: z.string(), ...tally })),
  byModality: z.array(z.strictObject({ modality: z.string(), ...tally })),
});
export type Statistics = z.infer<typeof statisticsSchema>;

export const livenessSchema = z.strictObject({ status: z.literal('ok') });

export const readinessSchema = z.strictObject({
  isReady: z.boolean(),
  /** Why it is not, in words. */
  reasons: z.array(z.string()),
});

function isEventKind(kind: string): boolean {
  return (EVENT_KINDS as readonly string[]).includes(kind);
}
