import { DataSet } from '../../src/dicom/data-set.ts';
import { tagOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { uids } from '../../src/dicom/uids.ts';
import type { ProposedContext } from '../../src/ul/pdu/a-associate-rq.ts';

export type Model = 'PATIENT' | 'STUDY';
export type Proposal = Omit<ProposedContext, 'id'>;

/** SOP classes of query and retrieve by information model — PS3.4 §C.6. */
export const MODELS = {
  PATIENT: {
    find: uids.PatientRootQueryRetrieveInformationModelFind,
    move: uids.PatientRootQueryRetrieveInformationModelMove,
    get: uids.PatientRootQueryRetrieveInformationModelGet,
  },
  STUDY: {
    find: uids.StudyRootQueryRetrieveInformationModelFind,
    move: uids.StudyRootQueryRetrieveInformationModelMove,
    get: uids.StudyRootQueryRetrieveInformationModelGet,
  },
} as const;

/** Contexts for C-ECHO and for both models of query and retrieve. */
export const queryRetrieveContexts: readonly Proposal[] = [
  uids.Verification,
  ...Object.values(MODELS.PATIENT),
  ...Object.values(MODELS.STUDY),
].map((abstractSyntax) => ({
  abstractSyntax,
  transferSyntaxes: [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian],
}));

/** A context for each pair of class and transfer syntax. */
export function contextsFor(pairs: Iterable<{ sopClass: string; transferSyntax: string }>): Proposal[] {
  const contexts = new Map<string, Proposal>();
  for (const { sopClass, transferSyntax } of pairs) {
    contexts.set(`${sopClass} ${transferSyntax}`, {
      abstractSyntax: sopClass,
      transferSyntaxes: [transferSyntax],
    });
  }
  return [...contexts.values()];
}

/** An identifier of keywords and values, UTF-8 unless a Specific Character Set is given. */
export function identifierOf(keys: Record<string, string | readonly string[]>): DataSet {
  const { SpecificCharacterSet = 'ISO_IR 192', ...others } = keys;
  const dataSet = new DataSet();
  dataSet.setText(tags.SpecificCharacterSet, SpecificCharacterSet);
  for (const [keyword, value] of Object.entries(others)) {
    const tag = tagOf(keyword);
    if (tag === undefined) throw new Error(`no keyword ${keyword}`);
    if (value.length === 0) dataSet.setEmpty(tag);
    else if (!dataSet.setText(tag, value)) throw new Error(`${keyword} does not fit ${SpecificCharacterSet}`);
  }
  return dataSet;
}
