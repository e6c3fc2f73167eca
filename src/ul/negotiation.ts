import { aeFieldsOf } from './fields.ts';
import type { AAssociateAc, AnsweredContext } from './pdu/a-associate-ac.ts';
import type { AAssociateRj } from './pdu/a-associate-rj.ts';
import type { AAssociateRq, ProposedContext } from './pdu/a-associate-rq.ts';
import type { ExtendedNegotiation, RoleSelection } from './pdu/user-information.ts';

/** The DICOM application context name — PS3.7 Annex A.2.1. */
export const DICOM_APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';
/** Named in a context that is not accepted, where it has no meaning — PS3.8 §9.3.3.2. */
const IMPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2';

/** A presentation context on which messages go. */
export interface AcceptedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
  /** What the requestor of the association is for this SOP class; SCU alone unless negotiated (PS3.7 Annex D.3.3.4). */
  readonly requestorRoles: { readonly scu: boolean; readonly scp: boolean };
}

/** What the acceptor answers to what is asked of it. */
export interface NegotiationPolicy {
  readonly calledAeTitles: ReadonlySet<string>;
  /** Our maximum length, bytes; 0 is no limit. */
  readonly maximumLength: number;
  readonly implementationClassUid: string;
  readonly implementationVersionName: string;
  /** The most operations at a time, 0 is no limit; one of each unless given. */
  readonly asynchronousOperationsWindow?: { operationsInvoked: number; operationsPerformed: number };
  /** Everybody unless given. */
  acceptCallingAeTitle?(callingAeTitle: string): boolean;
  /** The transfer syntax to use of those proposed; undefined if none will do. A requestor that wants to be SCP is to be sent instances. */
  acceptTransferSyntax(
    abstractSyntax: string,
    transferSyntaxes: readonly string[],
    isScpRoleProposed: boolean,
  ): string | undefined | 'abstract-syntax-not-supported';
  /** Whether a requestor that asks for it may be SCU; yes unless given. */
  acceptScuRole?(abstractSyntax: string): boolean;
  /** Whether a requestor that asks for it may be SCP, as for the storage classes of a C-GET; no unless given. */
  acceptScpRole?(abstractSyntax: string): boolean;
  /** The service class application information to answer; undefined answers nothing. */
  extendedNegotiation?(sopClassUid: string, information: Buffer): Buffer | undefined;
  /** Whether a user identity that wants an answer gets one; without it identities are ignored, as PS3.7 Annex D.3.3.7 allows. */
  readonly isUserIdentityAnswered?: boolean;
}

export type Negotiated =
  | { accept: AAssociateAc; contexts: Map<number, AcceptedContext> }
  | { reject: AAssociateRj; words: string };

/** The acceptor's answer to an association request — PS3.7 Annex D, PS3.8 §9.3.3 and §9.3.4. */
export function negotiate(request: AAssociateRq, policy: NegotiationPolicy): Negotiated {
  const refusal = refusalOf(request, policy);
  if (refusal !== undefined) return refusal;
  const { userInformation } = request;
  const isAnswerWanted = userInformation.userIdentity?.positiveResponseRequested === true;
  const window = userInformation.asynchronousOperationsWindow;
  const accept: AAssociateAc = {
    type: 'A-ASSOCIATE-AC',
    protocolVersion: 1,
    aeFields: request.aeFields ?? aeFieldsOf(request),
    applicationContext: DICOM_APPLICATION_CONTEXT,
    presentationContexts: request.presentationContexts.map((context) => answer(context, request, policy)),
    userInformation: {
      maximumLength: policy.maximumLength,
      implementationClassUid: policy.implementationClassUid,
      implementationVersionName: policy.implementationVersionName,
      ...(window && { asynchronousOperationsWindow: narrowed(window, policy.asynchronousOperationsWindow) }),
      roleSelections: proposedRoles(request).map((proposed) => answerRoles(proposed, policy)),
      extendedNegotiations: userInformation.extendedNegotiations.flatMap((one) =>
        answerExtended(one, policy),
      ),
      commonExtendedNegotiations: [], // the acceptor never answers one: PS3.7 Annex D.3.3.6
      // Nothing is to be said of a user name, with or without passcode, but that it is accepted — Annex D.3.3.7.2.
      ...(isAnswerWanted &&
        policy.isUserIdentityAnswered === true && {
          userIdentityResponse: { serverResponse: Buffer.alloc(0) },
        }),
    },
  };
  return { accept, contexts: contextsOf(request, accept) };
}

/** The accepted contexts by ID. A context, or a transfer syntax, that was never proposed is left out. */
export function contextsOf(request: AAssociateRq, accept: AAssociateAc): Map<number, AcceptedContext> {
  const proposed = new Map(request.presentationContexts.map((context) => [context.id, context]));
  const contexts = new Map<number, AcceptedContext>();
  for (const { id, result, transferSyntax } of accept.presentationContexts) {
    const context = proposed.get(id);
    if (result !== 0 || context === undefined || transferSyntax === undefined) continue;
    if (!context.transferSyntaxes.includes(transferSyntax)) continue;
    const { abstractSyntax } = context;
    contexts.set(id, {
      id,
      abstractSyntax,
      transferSyntax,
      requestorRoles: rolesOf(request, accept, abstractSyntax),
    });
  }
  return contexts;
}

function refusalOf(
  request: AAssociateRq,
  policy: NegotiationPolicy,
): { reject: AAssociateRj; words: string } | undefined {
  const { calledAeTitle, callingAeTitle, applicationContext } = request;
  if ((request.protocolVersion & 1) === 0) {
    return permanent(2, 2, `protocol version ${request.protocolVersion} not supported`);
  }
  if (applicationContext !== DICOM_APPLICATION_CONTEXT) {
    return permanent(1, 2, `application context "${applicationContext}" not supported`);
  }
  if (!policy.calledAeTitles.has(calledAeTitle)) {
    return permanent(1, 7, `called AE title "${calledAeTitle}" not recognized`);
  }
  if (policy.acceptCallingAeTitle?.(callingAeTitle) === false) {
    return permanent(1, 3, `calling AE title "${callingAeTitle}" not recognized`);
  }
  return undefined;
}

/** PS3.8 §9.3.4, Table 9-21. */
function permanent(source: number, reason: number, words: string): { reject: AAssociateRj; words: string } {
  return { reject: { type: 'A-ASSOCIATE-RJ', result: 1, source, reason }, words };
}

/** PS3.8 §9.3.3.2, Table 9-18: results 0 acceptance, 3 abstract syntax, 4 transfer syntaxes not supported. */
function answer(
  { id, abstractSyntax, transferSyntaxes }: ProposedContext,
  request: AAssociateRq,
  policy: NegotiationPolicy,
): AnsweredContext {
  const isScpRoleProposed = request.userInformation.roleSelections.some(
    (role) => role.sopClassUid === abstractSyntax && role.scpRole,
  );
  const chosen = policy.acceptTransferSyntax(abstractSyntax, transferSyntaxes, isScpRoleProposed);
  const unused = transferSyntaxes[0] ?? IMPLICIT_VR_LITTLE_ENDIAN;
  if (chosen === 'abstract-syntax-not-supported') return { id, result: 3, transferSyntax: unused };
  if (chosen === undefined) return { id, result: 4, transferSyntax: unused };
  return { id, result: 0, transferSyntax: chosen };
}

/** Roles for a SOP class that no context proposes are not answered, nor is a class twice. */
function proposedRoles({ presentationContexts, userInformation }: AAssociateRq): RoleSelection[] {
  const unanswered = new Set(presentationContexts.map(({ abstractSyntax }) => abstractSyntax));
  return userInformation.roleSelections.filter(({ sopClassUid }) => unanswered.delete(sopClassUid));
}

/** A role is accepted only where it was proposed — PS3.7 Annex D.3.3.4. */
function answerRoles(
  { sopClassUid, scuRole, scpRole }: RoleSelection,
  policy: NegotiationPolicy,
): RoleSelection {
  return {
    sopClassUid,
    scuRole: scuRole && (policy.acceptScuRole?.(sopClassUid) ?? true),
    scpRole: scpRole && (policy.acceptScpRole?.(sopClassUid) ?? false),
  };
}

function answerExtended(
  { sopClassUid, information }: ExtendedNegotiation,
  policy: NegotiationPolicy,
): ExtendedNegotiation[] {
  const answered = policy.extendedNegotiation?.(sopClassUid, information);
  return answered === undefined ? [] : [{ sopClassUid, information: answered }];
}

/** Never more than was asked for; 0 is no limit — PS3.7 Annex D.3.3.3. */
function narrowed(
  asked: { operationsInvoked: number; operationsPerformed: number },
  ours = { operationsInvoked: 1, operationsPerformed: 1 },
): { operationsInvoked: number; operationsPerformed: number } {
  const lower = (a: number, b: number) => (a === 0 ? b : b === 0 ? a : Math.min(a, b));
  return {
    operationsInvoked: lower(asked.operationsInvoked, ours.operationsInvoked),
    operationsPerformed: lower(asked.operationsPerformed, ours.operationsPerformed),
  };
}

function rolesOf(request: AAssociateRq, accept: AAssociateAc, abstractSyntax: string) {
  const isOfClass = ({ sopClassUid }: RoleSelection) => sopClassUid === abstractSyntax;
  const proposed = request.userInformation.roleSelections.find(isOfClass);
  const answered = accept.userInformation.roleSelections.find(isOfClass);
  // Without a proposal and its answer the default roles hold: the requestor is the SCU.
  if (proposed === undefined || answered === undefined) return { scu: true, scp: false };
  return { scu: proposed.scuRole && answered.scuRole, scp: proposed.scpRole && answered.scpRole };
}
