import type { Random } from './random.ts';

/** Storage SOP classes — PS3.4 Table B.5-1. */
const CLASS = {
  CR: '1.2.840.10008.5.1.4.1.1.1',
  DX: '1.2.840.10008.5.1.4.1.1.1.1',
  MG: '1.2.840.10008.5.1.4.1.1.1.2',
  CT: '1.2.840.10008.5.1.4.1.1.2',
  MR: '1.2.840.10008.5.1.4.1.1.4',
  US: '1.2.840.10008.5.1.4.1.1.6.1',
  SC: '1.2.840.10008.5.1.4.1.1.7',
  PR: '1.2.840.10008.5.1.4.1.1.11.1',
  XA: '1.2.840.10008.5.1.4.1.1.12.1',
  NM: '1.2.840.10008.5.1.4.1.1.20',
  SR: '1.2.840.10008.5.1.4.1.1.88.33',
  PT: '1.2.840.10008.5.1.4.1.1.128',
} as const;

export type Modality = keyof typeof CLASS;

export interface SeriesKind {
  modality: Modality;
  description: string;
  /** How many images it has beside others; 0 for a report or a single image. */
  weight: number;
}

export interface StudyKind {
  /** Of the device, and of most series. */
  modality: Modality;
  /** Of all studies, 0 to 1. */
  share: number;
  descriptions: readonly string[];
  bodyParts: readonly string[];
  /** Series that are made, both ends included. */
  series: readonly [from: number, to: number];
  seriesDescriptions: readonly string[];
  /** Mean weight of a series: CT and MR many images, CR few. */
  weight: number;
  /** What else comes with it, and how often. */
  beside: readonly (readonly [Modality, share: number])[];
}

/** Some 10 series a study on the average. */
export const STUDY_KINDS: readonly StudyKind[] = [
  kind('CT', 0.3, [5, 16], 120, ['CT Thorax', 'CT Abdomen nativ', 'CT Schädel', 'CT Angiographie Aorta'], ['CHEST', 'ABDOMEN', 'HEAD'], ['Topogramm', 'Thorax 1.0 B70f', 'Thorax 5.0 B31f', 'MPR cor', 'MPR sag', 'MIP'], [['SR', 0.9], ['PR', 0.25]]),
  kind('MR', 0.2, [10, 28], 40, ['MR Schädel', 'MR Knie rechts', 'MR LWS', 'MR Prostata'], ['HEAD', 'KNEE', 'LSPINE', 'PELVIS'], ['localizer', 't1_se_sag', 't2_tse_tra', 'ep2d_diff', 'flair_cor', 't1_vibe_dyn'], [['PR', 0.2]]),
  kind('CR', 0.16, [1, 3], 0.2, ['Röntgen Thorax pa/lat', 'Röntgen Hand'], ['CHEST', 'HAND'], ['pa', 'lateral'], []),
  kind('DX', 0.1, [1, 3], 0.2, ['Röntgen Thorax', 'Röntgen Becken'], ['CHEST', 'PELVIS'], ['AP', 'LAT'], []),
  kind('US', 0.12, [1, 2], 12, ['US Abdomen', 'Échographie cardiaque', '超音波'], ['ABDOMEN', 'HEART'], ['US'], [['SR', 0.2]]),
  kind('MG', 0.04, [1, 4], 1, ['Mammographie', 'Mammography screening'], ['BREAST'], ['R CC', 'L CC', 'R MLO', 'L MLO'], []),
  kind('XA', 0.04, [6, 20], 1, ['Koronarangiographie', 'PTA'], ['HEART', 'LEG'], ['LCA', 'RCA', 'DSA'], []),
  kind('PT', 0.03, [6, 14], 150, ['PET/CT FDG Ganzkörper'], ['WHOLEBODY'], ['PET WB AC', 'PET WB NAC', 'Fused'], [['CT', 1], ['SR', 0.3]]),
  kind('NM', 0.01, [1, 6], 2, ['Skelettszintigraphie'], ['WHOLEBODY'], ['Ganzkörper'], []),
]; // biome-ignore format: one table

/** Which kind a study is of. @param share 0 to 1 */
export function kindAt(share: number): number {
  let sum = 0;
  for (const [index, one] of STUDY_KINDS.entries()) {
    sum += one.share;
    if (share < sum) return index;
  }
  return 0;
}

/** The series of a study, in their order. */
export function seriesKindsOf(study: StudyKind, random: Random): SeriesKind[] {
  const count = random.between(study.series[0], study.series[1]);
  const series = Array.from({ length: count }, (_, index): SeriesKind => {
    const description = study.seriesDescriptions[index % study.seriesDescriptions.length] ?? '';
    return { modality: study.modality, description, weight: random.exponential(study.weight) };
  });
  for (const [modality, share] of study.beside) {
    if (!random.chance(share)) continue;
    const weight = modality === 'CT' ? random.exponential(STUDY_KINDS[0]?.weight ?? 0) : 0;
    series.push({ modality, description: modality === 'SR' ? 'Dose Report' : modality, weight });
  }
  return series;
}

export function sopClassOf(modality: Modality): string {
  return CLASS[modality];
}

function kind(
  modality: Modality,
  share: number,
  series: StudyKind['series'],
  weight: number,
  descriptions: readonly string[],
  bodyParts: readonly string[],
  seriesDescriptions: readonly string[],
  beside: StudyKind['beside'],
): StudyKind {
  return { modality, share, descriptions, bodyParts, series, seriesDescriptions, weight, beside };
}
