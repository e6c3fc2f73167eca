import { uids } from '../../src/dicom/uids.ts';
import { makeInstance, type StandIn } from '../helpers/stand-ins.ts';

/** Three patients with a study each, in three character sets; the first study has two series. */
export function threePatients(): StandIn[] {
  const anne = {
    PatientName: 'Müller^Änne',
    PatientID: 'P1',
    StudyInstanceUID: '2.25.10.1',
    StudyDate: '20260102',
    AccessionNumber: 'ACC1',
  };
  const tarou = {
    PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    PatientID: 'P2',
    StudyInstanceUID: '2.25.10.2',
    StudyDate: '20260315',
    AccessionNumber: 'ACC2',
  };
  const john = {
    PatientName: 'Smith^John',
    PatientID: 'P3',
    StudyInstanceUID: '2.25.10.3',
    StudyDate: '20251224',
    AccessionNumber: 'ACC3',
  };
  const ct = { SOPClassUID: uids.CTImageStorage, Modality: 'CT' };
  const mr = { SOPClassUID: uids.MRImageStorage, Modality: 'MR' };
  const instances: [characterSet: string, texts: Record<string, string>][] = [
    [
      'ISO_IR 100',
      {
        ...anne,
        ...ct,
        SeriesInstanceUID: '2.25.10.1.1',
        SOPInstanceUID: '2.25.10.1.1.1',
        InstanceNumber: '1',
      },
    ],
    [
      'ISO_IR 100',
      {
        ...anne,
        ...ct,
        SeriesInstanceUID: '2.25.10.1.1',
        SOPInstanceUID: '2.25.10.1.1.2',
        InstanceNumber: '2',
      },
    ],
    ['ISO_IR 100', { ...anne, ...mr, SeriesInstanceUID: '2.25.10.1.2', SOPInstanceUID: '2.25.10.1.2.1' }],
    [
      '\\ISO 2022 IR 87',
      { ...tarou, ...mr, SeriesInstanceUID: '2.25.10.2.1', SOPInstanceUID: '2.25.10.2.1.1' },
    ],
    ['ISO_IR 6', { ...john, ...ct, SeriesInstanceUID: '2.25.10.3.1', SOPInstanceUID: '2.25.10.3.1.1' }],
  ];
  return instances.map(([characterSet, texts]) =>
    makeInstance({ path: texts['SOPInstanceUID'] ?? '', characterSet, with: texts }),
  );
}
