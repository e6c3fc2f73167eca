import { transferSyntaxOf } from '../dicom/transfer-syntax.ts';
import { nameOfUid, uids } from '../dicom/uids.ts';
import type { EventReport, ReportDestinations } from '../services/storage-commitment-report.ts';
import { type Destination, Requestor, type RequestorOptions } from './requestor.ts';

/** N-EVENT-REPORTs on associations of our own: we request them as SCP of the SOP class — PS3.4 §J.3.3, PS3.7 §D.3.3.4. */
export class EventReports implements ReportDestinations {
  readonly #options: RequestorOptions;

  constructor(options: RequestorOptions) {
    this.#options = options;
  }

  async report(
    peer: Destination,
    callingAeTitle: string,
    event: EventReport,
    signal: AbortSignal,
  ): Promise<number> {
    const { sopClassUid } = event;
    const requestor = new Requestor(peer, { ...this.#options, callingAeTitle: () => callingAeTitle });
    const transferSyntaxes = [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian];
    const roles = [{ sopClassUid, scuRole: false, scpRole: true }];
    await requestor.open([{ id: 1, abstractSyntax: sopClassUid, transferSyntaxes }], { signal, roles });
    try {
      const name = nameOfUid(sopClassUid);
      const context = requestor.contextOf(sopClassUid);
      if (context === undefined) throw requestor.refused(`accepts no presentation context for ${name}`);
      // Who does not answer the role selection is told nevertheless: many devices know of no other way, and it is they who asked.
      if (requestor.answeredRolesOf(sopClassUid)?.scpRole === false)
        throw requestor.refused(`does not accept us as SCP of ${name}`);
      const syntax = transferSyntaxOf(context.transferSyntax);
      if (syntax === undefined) throw requestor.refused(`accepts transfer syntax ${context.transferSyntax}`);
      return await requestor.report(context.id, event, await event.encode(syntax));
    } finally {
      await requestor.release();
    }
  }
}
