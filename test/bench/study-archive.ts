import { hexOfTag, vrOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import type { JsonDataSet, JsonValue, PersonName } from '../../src/dicom/json.ts';

/** A study as a hospital of several countries would have it. */
export interface MadeStudy {
  uid: string;
  name: PersonName;
  patientId: string;
  accessionNumber: string;
  /** `YYYYMMDD`. */
  studyDate: string;
  studyTime: string;
  modalities: string[];
  instances: number;
  /** Milliseconds since 1970. */
  lastArrivedAt: number;
  attributes: JsonDataSet;
}

const LATIN = {
  families:
    'Schmidt Müller Weber Fischer Wagner Becker Hoffmann Koch Richter Klein Wolf Neumann Schwarz Zimmermann Braun Krüger Hartmann Lange Werner Lehmann Martin Bernard Dubois Durand Moreau Laurent Girard Roux Fournier Morel Smith Johnson Brown Taylor Wilson Evans Thomas Roberts Walker Wright García Fernández López Martínez Pérez Rossi Russo Ferrari Bianchi Nowak Kowalska Łuczak Sørensen Jensen Øverland'.split(
      ' ',
    ),
  given:
    'Anna Maria Peter Paul Julia Jörg Thomas Sabine Michael Petra Jean Claire Luc Émilie Pierre Nathalie John Mary James Linda Robert Susan David Karen José Lucía Carlos Elena Marco Giulia Jan Agnieszka Lars Ingrid'.split(
      ' ',
    ),
};
const CYRILLIC = {
  families: 'Иванов Смирнова Кузнецов Попова Васильев Петрова Соколов Михайлова Новиков Фёдорова'.split(' '),
  given: 'Иван Анна Сергей Ольга Дмитрий Елена Алексей Наталья'.split(' '),
};
const CHINESE = {
  families: '王 Wang 李 Li 张 Zhang 刘 Liu 陈 Chen 杨 Yang 黄 Huang 赵 Zhao 周 Zhou 吴 Wu'.split(' '),
  given: '小明 XiaoMing 伟 Wei 芳 Fang 娜 Na 秀英 XiuYing 敏 Min 静 Jing 丽 Li 强 Qiang 磊 Lei'.split(' '),
};
const JAPANESE = {
  families:
    '山田 Yamada やまだ 佐藤 Sato さとう 鈴木 Suzuki すずき 高橋 Takahashi たかはし 田中 Tanaka たなか 渡辺 Watanabe わたなべ'.split(
      ' ',
    ),
  given: '太郎 Tarou たろう 花子 Hanako はなこ 健 Ken けん 美咲 Misaki みさき'.split(' '),
};
const MODALITIES: readonly (readonly [share: number, modalities: string[]])[] = [
  [0.3, ['CR']],
  [0.5, ['CT', 'SR']],
  [0.62, ['CT']],
  [0.75, ['MR']],
  [0.85, ['US']],
  [0.92, ['DX']],
  [0.96, ['MG']],
  [0.98, ['XA']],
  [1, ['CT', 'PT']],
];
const DESCRIPTIONS = [
  'CT Thorax',
  'Röntgen Thorax pa/lat',
  'MR Schädel',
  'US Abdomen',
  'CT Abdomen nativ',
  'Mammographie',
];

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2011, 0, 1);
const DAYS = 15 * 365;

/**
 * Studies of 15 years, in the order in which they came. The patients of a fifth of them were there before; a tenth came late, from an archive that was
 * given up, so that the order of arrival is not that of the dates.
 */
export function makeStudies(count: number): MadeStudy[] {
  const random = sequence(20261122);
  const patients: { name: PersonName; id: string }[] = [];
  return Array.from({ length: count }, (_, index) => {
    const isNew = patients.length === 0 || random() > 0.2;
    if (isNew) patients.push({ name: nameFrom(random), id: patientId(patients.length, random) });
    const patient = patients[isNew ? patients.length - 1 : Math.floor(random() * patients.length)];
    const arrivedAt =
      FIRST_DAY_MS + Math.floor((index / count) * DAYS) * DAY_MS + Math.floor(random() * DAY_MS);
    const takenAt =
      random() < 0.1 ? FIRST_DAY_MS + random() * (arrivedAt - FIRST_DAY_MS) : arrivedAt - 600_000;
    return studyOf(index, patient?.name ?? {}, patient?.id ?? '', takenAt, arrivedAt, random);
  });
}

function studyOf(
  index: number,
  name: PersonName,
  id: string,
  takenAt: number,
  lastArrivedAt: number,
  random: () => number,
): MadeStudy {
  const taken = new Date(takenAt).toISOString().replace(/[-:T]/g, '');
  const uid = `1.2.826.0.1.3680043.10.1.${index}`;
  const share = random();
  const modalities = MODALITIES.find(([limit]) => share <= limit)?.[1] ?? [];
  const study = {
    uid,
    name,
    patientId: id,
    accessionNumber: `A${String(index).padStart(8, '0')}`,
    studyDate: taken.slice(0, 8),
    studyTime: taken.slice(8, 14),
    modalities,
    instances: 1 + Math.floor(random() * 400),
    lastArrivedAt,
  };
  return { ...study, attributes: attributesOf(study, random) };
}

function attributesOf(study: Omit<MadeStudy, 'attributes'>, random: () => number): JsonDataSet {
  const values: [number, JsonValue][] = [
    [tags.PatientName, study.name],
    [tags.PatientID, study.patientId],
    [tags.PatientBirthDate, `19${10 + Math.floor(random() * 89)}0${1 + Math.floor(random() * 9)}15`],
    [tags.PatientSex, random() < 0.5 ? 'F' : 'M'],
    [tags.StudyDate, study.studyDate],
    [tags.StudyTime, study.studyTime],
    [tags.AccessionNumber, study.accessionNumber],
    [tags.StudyID, study.accessionNumber.slice(-6)],
    [tags.StudyDescription, pick(DESCRIPTIONS, random)],
    [
      tags.ReferringPhysicianName,
      { Alphabetic: `${pick(LATIN.families, random)}^${pick(LATIN.given, random)}^^Dr.` },
    ],
    [tags.InstitutionName, 'Kreiskrankenhaus Musterstadt, Klinik für Radiologie'],
  ];
  return Object.fromEntries(values.map(([tag, value]) => [hexOfTag(tag), { vr: vrOf(tag), Value: [value] }]));
}

function nameFrom(random: () => number): PersonName {
  const script = random();
  if (script < 0.6) {
    return { Alphabetic: `${pick(LATIN.families, random)}^${pick(LATIN.given, random)}` };
  }
  if (script < 0.7)
    return { Alphabetic: `${pick(CYRILLIC.families, random)}^${pick(CYRILLIC.given, random)}` };
  if (script < 0.85) {
    const [family, given] = [row(CHINESE.families, 2, random), row(CHINESE.given, 2, random)];
    return { Alphabetic: `${family[1]}^${given[1]}`, Ideographic: `${family[0]}^${given[0]}` };
  }
  const [family, given] = [row(JAPANESE.families, 3, random), row(JAPANESE.given, 3, random)];
  return {
    Alphabetic: `${family[1]}^${given[1]}`,
    Ideographic: `${family[0]}^${given[0]}`,
    Phonetic: `${family[2]}^${given[2]}`,
  };
}

function patientId(index: number, random: () => number): string {
  return random() < 0.5 ? `PAT${String(index).padStart(7, '0')}` : String(3_000_000 + index);
}

function pick(items: readonly string[], random: () => number): string {
  return items[Math.floor(random() * items.length)] ?? '';
}

/** One row of a list that is written row by row. */
function row(items: readonly string[], width: number, random: () => number): string[] {
  const start = Math.floor((random() * items.length) / width) * width;
  return items.slice(start, start + width);
}

/** Numbers from 0 to 1, the same in every run: a linear congruential generator. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
