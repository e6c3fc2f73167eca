import { type InstanceValues, type SetShape, storageClasses, valuesOf } from './data-sets.ts';
import { type EncodedElement, explicitElement, type Patch, patchable } from './encode.ts';

/** The head of a data set up to the value of Pixel Data, in Explicit VR Little Endian, and how much follows. */
export interface DataSetTemplate {
  head: Buffer;
  patches: readonly Patch[];
  pixelBytes: number;
}

/** A valid instance of its class without its pixels; `patches` says where `valuesOf` go. */
export function templateOf(set: SetShape): DataSetTemplate {
  const pixelBytes = set.rows * set.columns * set.bytesPerPixel * set.frames;
  const pixelData = explicitElement(0x7fe00010, set.bytesPerPixel === 2 ? 'OW' : 'OB', pixelBytes);
  const elements = [
    ...commonElements(set, valuesOf(set, 0)),
    ...imageElements(set),
    ...classElements(set),
    pixelData,
  ];
  return { ...patchable(elements), pixelBytes };
}

/** Patient, General Study, General Series, General Equipment and General Image modules — PS3.3 §C.7. */
function commonElements(set: SetShape, values: InstanceValues): EncodedElement[] {
  return [
    explicitElement(0x00080016, 'UI', set.sopClassUid),
    explicitElement(0x00080018, 'UI', values.sopInstanceUid, 'sopInstanceUid'),
    explicitElement(0x00080020, 'DA', values.studyDate, 'studyDate'),
    explicitElement(0x00080030, 'TM', '101112'),
    explicitElement(0x00080050, 'SH', 'A1'),
    explicitElement(0x00080060, 'CS', set.modality),
    explicitElement(0x00080070, 'LO', 'Benchmark'),
    explicitElement(0x00080090, 'PN', 'REFERRER^BENCH'),
    explicitElement(0x00081030, 'LO', 'Benchmark study'),
    explicitElement(0x00100010, 'PN', values.patientName, 'patientName'),
    explicitElement(0x00100020, 'LO', values.patientId, 'patientId'),
    explicitElement(0x00100030, 'DA', '19700101'),
    explicitElement(0x00100040, 'CS', 'O'),
    explicitElement(0x0020000d, 'UI', values.studyInstanceUid, 'studyInstanceUid'),
    explicitElement(0x0020000e, 'UI', values.seriesInstanceUid, 'seriesInstanceUid'),
    explicitElement(0x00200010, 'SH', '1'),
    explicitElement(0x00200011, 'IS', '1'),
    explicitElement(0x00200013, 'IS', values.instanceNumber, 'instanceNumber'),
  ];
}

/** Image Pixel module — PS3.3 §C.7.6.3. */
function imageElements(set: SetShape): EncodedElement[] {
  const bitsStored = set.bytesPerPixel === 2 ? 12 : 8;
  return [
    explicitElement(0x00280002, 'US', 1),
    explicitElement(0x00280004, 'CS', 'MONOCHROME2'),
    explicitElement(0x00280010, 'US', set.rows),
    explicitElement(0x00280011, 'US', set.columns),
    explicitElement(0x00280100, 'US', set.bytesPerPixel * 8),
    explicitElement(0x00280101, 'US', bitsStored),
    explicitElement(0x00280102, 'US', bitsStored - 1),
    explicitElement(0x00280103, 'US', 0),
  ];
}

/** What the class asks for beyond that: CT and MR Image, PS3.3 §A.3 and §A.4; X-Ray Angiographic Image, §A.14. */
function classElements(set: SetShape): EncodedElement[] {
  if (set.sopClassUid === storageClasses.secondaryCapture) {
    return [explicitElement(0x00080064, 'CS', 'WSD'), explicitElement(0x00200020, 'CS', '')];
  }
  if (set.sopClassUid === storageClasses.xRayAngiographic) return angiographicElements(set);
  const isCt = set.sopClassUid === storageClasses.ct;
  return [
    explicitElement(0x00080008, 'CS', isCt ? 'ORIGINAL\\PRIMARY\\AXIAL' : 'ORIGINAL\\PRIMARY\\OTHER'),
    explicitElement(0x00180050, 'DS', '1.25'),
    explicitElement(0x00185100, 'CS', 'HFS'),
    explicitElement(0x00200012, 'IS', '1'),
    explicitElement(0x00200032, 'DS', '-125\\-125\\0'),
    explicitElement(0x00200037, 'DS', '1\\0\\0\\0\\1\\0'),
    explicitElement(0x00200052, 'UI', `${valuesOf(set, 0).studyInstanceUid}.1`),
    explicitElement(0x00201040, 'LO', ''),
    explicitElement(0x00280030, 'DS', '0.488\\0.488'),
    ...(isCt ? ctElements() : mrElements()),
  ];
}

function ctElements(): EncodedElement[] {
  return [
    explicitElement(0x00180060, 'DS', '120'),
    explicitElement(0x00281052, 'DS', '-1024'),
    explicitElement(0x00281053, 'DS', '1'),
  ];
}

function mrElements(): EncodedElement[] {
  return [
    explicitElement(0x00180020, 'CS', 'SE'),
    explicitElement(0x00180021, 'CS', 'NONE'),
    explicitElement(0x00180022, 'CS', ''),
    explicitElement(0x00180023, 'CS', '2D'),
    explicitElement(0x00180080, 'DS', '500'),
    explicitElement(0x00180081, 'DS', '15'),
    explicitElement(0x00180091, 'IS', '1'),
  ];
}

function angiographicElements(set: SetShape): EncodedElement[] {
  return [
    explicitElement(0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\SINGLE PLANE'),
    explicitElement(0x00180060, 'DS', '80'),
    explicitElement(0x00181063, 'DS', '66.6'),
    explicitElement(0x00181155, 'CS', 'GR'),
    explicitElement(0x00181500, 'CS', 'STATIC'),
    explicitElement(0x00280008, 'IS', String(set.frames)),
    explicitElement(0x00280009, 'AT', 0x00181063),
    explicitElement(0x00281040, 'CS', 'LIN'),
  ];
}

/** Noise of 12 significant bits in every 16, so that nobody gains by packing it; the same at every run. */
export function noise(sizeBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let state = 0x2545f491;
  for (let offset = 0; offset + 1 < sizeBytes; offset += 2) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeUInt16LE(state & 0x0fff, offset);
  }
  return bytes;
}
