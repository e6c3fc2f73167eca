/** How far an echo came, and what stopped it. */
export const ECHO_OUTCOMES = [
  'ok',
  'name-not-found',
  'connection-refused',
  'unreachable',
  'connect-timeout',
  'answer-timeout',
  'rejected-called-ae-title',
  'rejected-calling-ae-title',
  'rejected-other',
  'tls-failed',
  'not-dicom',
  'aborted',
  'verification-not-accepted',
  'failed',
] as const;
export type EchoOutcome = (typeof ECHO_OUTCOMES)[number];

/** Whom to call. */
export interface EchoPeer {
  aeTitle: string;
  host: string;
  port: number;
  useTls: boolean;
}

export interface EchoResult {
  outcome: EchoOutcome;
  isOk: boolean;
  words: string;
  /** What to do about it, in English. */
  advice: string;
  /** null where it did not come so far, as for the times. */
  resolvedAddress: string | null;
  /** With the TLS handshake. */
  connectMs: number | null;
  associateMs: number | null;
  echoMs: number | null;
}

/** Calls a peer and verifies that it answers (C-ECHO); `net` implements it. Bounded to ten seconds, and never rejects for a peer's sake. */
export interface Echo {
  run(peer: EchoPeer): Promise<EchoResult>;
}

/** @param ownAeTitle by which we call */
export function adviceFor(outcome: EchoOutcome, peer: EchoPeer, ownAeTitle: string): string {
  const { aeTitle, host, port, useTls } = peer;
  switch (outcome) {
    case 'ok':
      return '';
    case 'name-not-found':
      return `No address is known for ${host}. Check the spelling, or enter the IP address in place of the name.`;
    case 'connection-refused':
      return `${host} is there, but nothing listens on port ${port}. Check the port, and that the DICOM service of ${aeTitle} runs.`;
    case 'unreachable':
      return `There is no way to ${host} from here. Check the address, cables and network masks, and whether both are in one network.`;
    case 'connect-timeout':
      return `${host} does not answer at all. Check that it is switched on, its address, and whether a firewall in between lets port ${port} through.`;
    case 'answer-timeout':
      return `Something accepts connections on port ${port}, but does not answer. Check that ${aeTitle} is not busy or hanging, and that the port is that of DICOM${useTls ? '' : ' without TLS'}.`;
    case 'rejected-called-ae-title':
      return `${host} does not call itself ${aeTitle}. Look up its AE title there; capital and small letters count.`;
    case 'rejected-calling-ae-title':
      return `${aeTitle} does not know us. Add this archive there: AE title ${ownAeTitle}, with our address and port.`;
    case 'rejected-other':
      return `${aeTitle} does not take associations now. The reason is its own: try again later, and look into its log.`;
    case 'tls-failed':
      return useTls
        ? `No encrypted connection could be made. Check that port ${port} is the TLS port of ${aeTitle}, or switch TLS off for this peer; that it trusts our certificate where it asks for one, and that its own is trusted here where peers are verified.`
        : `Port ${port} speaks TLS. Switch TLS on for this peer, or enter its port without TLS.`;
    case 'not-dicom':
      return `What listens on port ${port} of ${host} does not speak DICOM${useTls ? '' : ', or wants TLS'}. Check the port.`;
    case 'aborted':
      return `${aeTitle} broke the association off. Many devices do so when they do not know the caller: add AE title ${ownAeTitle} there, and look into its log.`;
    case 'verification-not-accepted':
      return `${aeTitle} is reached, but does not offer verification (C-ECHO). Sending may work nevertheless.`;
    case 'failed':
      return `${aeTitle} was reached and answered with an error. Look into its log.`;
  }
}
