import { queryRetrieveClasses } from './contexts.ts';

/** What an association may be asked for beyond the baseline — PS3.4 §C.5.1.1 and §C.5.2.1. */
export type ExtendedOption =
  | 'relational'
  | 'combinedDateTime'
  | 'fuzzyNames'
  | 'timezone'
  | 'enhancedMultiFrameConversion'
  | 'emptyValue'
  | 'multipleValues';

/** One byte of the Service-class-application-information. */
export interface SubField {
  option: ExtendedOption;
  /** As the conformance statement has it. */
  words: string;
  /** Answered 1 where it is asked for, else 0. */
  isSupported: boolean;
}

/** SOP classes that find, byte by byte — PS3.4 Tables C.5-1 and C.5-2. */
export const QUERY_SUB_FIELDS: readonly SubField[] = [
  { option: 'relational', words: 'Relational queries', isSupported: true },
  { option: 'combinedDateTime', words: 'Combined date and time matching', isSupported: true },
  { option: 'fuzzyNames', words: 'Fuzzy semantic matching of person names', isSupported: true },
  { option: 'timezone', words: 'Timezone query adjustment', isSupported: true },
  {
    option: 'enhancedMultiFrameConversion',
    words: 'Enhanced Multi-Frame Image Conversion',
    isSupported: false,
  },
  { option: 'emptyValue', words: 'Empty Value Matching', isSupported: true },
  { option: 'multipleValues', words: 'Multiple Value Matching', isSupported: true },
];

/** SOP classes that move and get, byte by byte — PS3.4 Tables C.5-3 to C.5-6. */
export const RETRIEVE_SUB_FIELDS: readonly SubField[] = [
  { option: 'relational', words: 'Relational retrieval', isSupported: true },
  {
    option: 'enhancedMultiFrameConversion',
    words: 'Enhanced Multi-Frame Image Conversion',
    isSupported: false,
  },
];

/** What both sides said 1 to, for one SOP class of one association. */
export type AgreedOptions = ReadonlySet<ExtendedOption>;

export const NOTHING_AGREED: AgreedOptions = new Set();

/**
 * The application information to answer: 1 where 1 was asked for and is supported, else 0; as many bytes as were asked for, and never more than
 * the standard knows, since an older requestor expects no others (PS3.4 §C.5.1.1). Undefined, hence no sub-item, for SOP classes of other
 * services and where nothing was asked.
 */
export function answerToExtended(sopClassUid: string, asked: Buffer): Buffer | undefined {
  const subFields = subFieldsOf(sopClassUid);
  if (subFields.length === 0 || asked.length === 0) return undefined;
  const answered = subFields.slice(0, asked.length);
  return Buffer.from(answered.map(({ isSupported }, index) => (isSupported && asked[index] === 1 ? 1 : 0)));
}

/** @param answered as `answerToExtended` gave it; undefined where nothing was negotiated */
export function agreedOptions(sopClassUid: string, answered: Buffer | undefined): AgreedOptions {
  if (answered === undefined) return NOTHING_AGREED;
  const agreed = subFieldsOf(sopClassUid).filter((_, index) => answered[index] === 1);
  return new Set(agreed.map(({ option }) => option));
}

function subFieldsOf(sopClassUid: string): readonly SubField[] {
  const operation = queryRetrieveClasses.get(sopClassUid)?.operation;
  if (operation === undefined) return [];
  return operation === 'find' ? QUERY_SUB_FIELDS : RETRIEVE_SUB_FIELDS;
}
