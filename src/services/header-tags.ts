import { keptTags } from '../catalog/attributes.ts';
import { tags } from '../dicom/dictionary/tags.ts';

/** What the ingest collects of each instance: what the catalogue keeps, what identifies it, and how its text is to be read. */
export const headerTags: ReadonlySet<number> = new Set([
  ...keptTags,
  tags.SpecificCharacterSet,
  tags.Modality,
  tags.SOPClassUID,
  tags.SOPInstanceUID,
  tags.StudyInstanceUID,
  tags.SeriesInstanceUID,
]);
