import type { DiskName } from '../options.ts';
import type { IngestRow } from '../results.ts';

/** One run of storing a set on one kind of disk; see scenarios/disks.ts. */
export type DisksRow = Omit<IngestRow, 'scenario'> & { scenario: 'disks'; disk: DiskName };
