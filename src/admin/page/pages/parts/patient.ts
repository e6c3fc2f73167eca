import type { PersonNameView } from '../../../api/common.ts';
import type { Study } from '../../../api/studies.ts';
import { formatDicomDate, formatPersonName, t } from '../../lib/i18n.ts';

/** "P0048210 · 12 May 1946 · F": what there is of it. */
export function patientWords({ patientId, patientBirthDate, patientSex }: Study): string {
  const birth = patientBirthDate === '' ? '' : formatDicomDate(patientBirthDate);
  return [patientId, birth, sexWords(patientSex)].filter((part) => part !== '').join(' · ');
}

/** The names by which the patient is known beside the one that stands first: other component groups of the same name. */
export function otherNames(name: PersonNameView): string[] {
  const first = formatPersonName(name);
  const groups = [name.alphabetic, name.ideographic, name.phonetic].filter((group) => group !== '');
  return groups.map((group) => plainName(group)).filter((group) => group !== plainName(first));
}

/** `143012.5` as 14:30; '' where there is none. */
export function timeOfDay(dicomTime: string): string {
  const parts = /^(\d{2}):?(\d{2})/.exec(dicomTime);
  return parts === null ? '' : `${parts[1]}:${parts[2]}`;
}

function sexWords(sex: string): string {
  return sex === 'F' || sex === 'M' || sex === 'O' ? t(`studies.sex.${sex}`) : sex;
}

function plainName(group: string): string {
  return group.replaceAll(/[\^,\s]+/g, ' ').trim();
}
