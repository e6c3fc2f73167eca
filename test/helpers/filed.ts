import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AdminParts } from '../../src/admin/parts.ts';
import { encodeFileMeta, writeProof } from '../../src/dicom/file-meta.ts';
import { HeaderDecoder } from '../../src/services/header-decoder.ts';
import { headerTags } from '../../src/services/header-tags.ts';
import { DataSetInspector } from '../../src/services/inspection.ts';
import { isoWeekOf } from '../../src/storage/week.ts';

export interface FiledInstance {
  sopInstanceUid: string;
  seriesInstanceUid: string;
  studyInstanceUid: string;
  /** The whole Part 10 file. */
  file: Buffer;
  path: string;
}

export interface FiledOptions {
  /** Milliseconds since 1970; now unless given. */
  arrivedAt?: number;
  sourceAeTitle?: string;
  /** No file is written: what is left where one was lost. */
  isLost?: boolean;
}

/** Puts a data set where the ingest would have put it, into the volume and into the catalogue. */
export async function fileInstance(
  { catalog, files }: Pick<AdminParts, 'catalog' | 'files'>,
  dataSet: Buffer,
  transferSyntaxUid: string,
  options: FiledOptions = {},
): Promise<FiledInstance> {
  const { arrivedAt = Date.now(), sourceAeTitle = 'CT1', isLost = false } = options;
  const inspector = new DataSetInspector(transferSyntaxUid, headerTags);
  inspector.write(dataSet);
  await inspector.settle();
  const { identity, header, sha256, sizeBytes } = await inspector.end();
  const fileMeta = encodeFileMeta({ ...identity, transferSyntaxUid, sourceAeTitle });
  writeProof(fileMeta, { sizeBytes, sha256, arrivedAt, sourceAeTitle, sourceAddress: '192.0.2.9' });
  const week = isoWeekOf(arrivedAt);
  const path = files.pathOf({ ...identity, week });
  const file = Buffer.concat([fileMeta, dataSet]);
  const facts = { transferSyntaxUid, sizeBytes, sha256, arrivedAt, sourceAeTitle, week };
  const attributes = new HeaderDecoder().decode(header);
  const { outcomes } = await catalog.instances.index([
    { ...identity, ...facts, dataSetOffset: fileMeta.length, attributes },
  ]);
  if (outcomes[0]?.outcome === 'filed' && !isLost) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file);
  }
  return { ...identity, file, path };
}
