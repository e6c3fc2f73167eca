import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../dicom/file-meta.ts';
import { nameOfUid, storageSopClasses } from '../dicom/uids.ts';
import type { Caller, Callers } from '../services/callers.ts';
import { chooseTransferSyntax, isStorageClass } from '../services/contexts.ts';
import { answerToExtended } from '../services/extended-negotiation.ts';
import type { RejectReason } from '../services/observer.ts';
import type { Settings } from '../services/settings.ts';
import type { UserIdentities } from '../services/user-identity.ts';
import { type AcceptedContext, type NegotiationPolicy, negotiate } from '../ul/negotiation.ts';
import type { AAssociateAc } from '../ul/pdu/a-associate-ac.ts';
import type { AAssociateRj } from '../ul/pdu/a-associate-rj.ts';
import type { AAssociateRq } from '../ul/pdu/a-associate-rq.ts';

export interface AdmissionOptions {
  /** Asked for each association. */
  settings: { readonly current: Pick<Settings, 'aeTitles'> };
  pduBytesMax: number;
  storageSopClasses: 'any' | 'standard';
  /** The asynchronous operations window that we answer: requests of the caller, and of ours to it, that may be outstanding; 1 or more. */
  asynchronousOperations: number;
  callers: Callers;
  identities: Pick<UserIdentities, 'areChecked' | 'check'>;
}

/** What an association request is answered. */
export type Admission =
  | { accept: AAssociateAc; contexts: ReadonlyMap<number, AcceptedContext>; user: string | undefined }
  | { reject: AAssociateRj; reason: RejectReason; words: string };

/** Names of proposed SOP classes that are noted of an unknown caller. */
const PROPOSED_NAMES_MAX = 50;

/** Association-local: temporary congestion and local limit exceeded — PS3.8 §9.3.4, Table 9-21. */
const LOCAL_LIMIT_EXCEEDED = { type: 'A-ASSOCIATE-RJ', result: 2, source: 3, reason: 2 } as const;

/** A user identity that is not right: rejected permanently by the ACSE service provider, no reason given — PS3.7 Annex D.3.3.7. */
const NOT_AUTHORIZED = { type: 'A-ASSOCIATE-RJ', result: 1, source: 2, reason: 1 } as const;
/** A user identity that cannot be checked now. */
const TEMPORARY_CONGESTION = { type: 'A-ASSOCIATE-RJ', result: 2, source: 3, reason: 1 } as const;

/** There are too many associations. */
export const FULL: Admission = {
  reject: LOCAL_LIMIT_EXCEEDED,
  reason: 'limit-exceeded',
  words: 'local limit exceeded',
};

/** Answers an association request as PS3.8 §9.3.3 and §9.3.4 have it, by our settings and by who calls. */
export async function admit(
  request: AAssociateRq,
  caller: Caller,
  options: AdmissionOptions,
): Promise<Admission> {
  const refusal = options.callers.refusalOf(caller);
  const negotiated = negotiate(request, policyOf(options, refusal));
  if ('reject' in negotiated) {
    const { reject, words } = negotiated;
    const reason = reasonOf(reject);
    return { reject, reason, words: (reason === 'calling-ae-title' ? refusal : undefined) ?? words };
  }
  const verdict = await options.identities.check(request.userInformation.userIdentity, caller.address);
  if ('user' in verdict) return { ...negotiated, user: verdict.user };
  const reject = verdict.isTransient ? TEMPORARY_CONGESTION : NOT_AUTHORIZED;
  return { reject, reason: 'user-identity', words: verdict.refusal };
}

export function proposedNames(request: AAssociateRq): string[] {
  const classes = new Set(request.presentationContexts.map(({ abstractSyntax }) => abstractSyntax));
  return [...classes].slice(0, PROPOSED_NAMES_MAX).map(nameOfUid);
}

function policyOf(options: AdmissionOptions, refusal: string | undefined): NegotiationPolicy {
  const { settings, pduBytesMax, storageSopClasses: policy, asynchronousOperations, identities } = options;
  return {
    asynchronousOperationsWindow: {
      operationsInvoked: asynchronousOperations,
      operationsPerformed: asynchronousOperations,
    },
    isUserIdentityAnswered: identities.areChecked,
    calledAeTitles: new Set(settings.current.aeTitles),
    maximumLength: pduBytesMax,
    implementationClassUid: IMPLEMENTATION_CLASS_UID,
    implementationVersionName: IMPLEMENTATION_VERSION_NAME,
    acceptCallingAeTitle: () => refusal === undefined,
    acceptTransferSyntax: (abstractSyntax, proposed, isToBeSent) =>
      chooseTransferSyntax(abstractSyntax, proposed, policy, isToBeSent),
    extendedNegotiation: answerToExtended,
    acceptScpRole: (sopClassUid) => storageSopClasses.has(sopClassUid) || isStorageClass(sopClassUid, policy),
  };
}

/** PS3.8 §9.3.4, Table 9-21. */
function reasonOf({ source, reason }: AAssociateRj): RejectReason {
  if (source === 1 && reason === 7) return 'called-ae-title';
  if (source === 1 && reason === 3) return 'calling-ae-title';
  return 'protocol-error';
}
