import type { TransferSyntax } from '../dicom/transfer-syntax.ts';
import { nameOfUid } from '../dicom/uids.ts';
import { Problem } from '../lib/problem.ts';

/** What a SOP class without pixels is to a person, by a word of its name in PS3.6 Table A-1. */
const KINDS: readonly [RegExp, string][] = [
  [/\bSR\b|Key Object|Report|Log Storage/, 'a structured report'],
  [/^Encapsulated/, 'an encapsulated document'],
  [/ECG|Waveform|Audio/, 'a waveform'],
  [/Presentation State/, 'a presentation state'],
  [/^RT |^Radiation|Brachy|Tomotherapeutic/, 'a radiotherapy object without pixels'],
  [
    /Registration|Fiducials|Segmentation|Measurement|Mapping|Annotations|Tractography/,
    'a set of data about images',
  ],
  [/Spectroscopy/, 'a spectrum'],
];

/** The refusal for an instance that has no pixels. */
export function withoutPicture(sopClassUid: string, { name }: TransferSyntax): Problem {
  const sopClass = nameOfUid(sopClassUid);
  const kind = KINDS.find(([words]) => words.test(sopClass))?.[1];
  if (kind !== undefined) return new Problem('not-renderable', `${kind} has no picture`);
  return new Problem('not-renderable', `the instance has no pixels (${sopClass}, ${name})`);
}
