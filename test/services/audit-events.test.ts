import { expect } from 'chai';
import { eventTypes } from '../../src/services/audit-codes.ts';
import {
  applicationActivity,
  dataExport,
  instancesAccessed,
  instancesReceived,
  instancesSent,
  query,
  securityAlert,
  userAuthentication,
} from '../../src/services/audit-events.ts';
import { type AuditMessage, auditXml } from '../../src/services/audit-message.ts';
import { type AuditView, auditView } from '../helpers/audit.ts';
import { party } from '../helpers/observations.ts';

const OWN = { processId: 4711, aeTitles: ['DICOMKEEP', 'ARCHIVE2'] };
const AT = 1_790_000_000_000;
const STUDY = { studyInstanceUid: '1.2.3', patientId: 'PID1', sopClasses: new Map([['1.1.2', 5]]) };
const USER = { name: 'mia', address: '192.0.2.9' };

function seen(message: AuditMessage): AuditView {
  return auditView(auditXml(message, 'DICOMKEEP@nas'));
}

/** As all messages name this process — PS3.15 §A.5.2.1, §A.5.2.2. */
function ourselves(roles: string[], isRequestor = false) {
  return {
    id: '4711',
    alternative: 'AETITLES=DICOMKEEP;ARCHIVE2',
    name: 'dicomkeep',
    isRequestor,
    roles,
    address: undefined,
  };
}

function expectStudyAndPatient({ objects }: AuditView): void {
  const [study, patient] = objects;
  expect(objects).to.have.lengthOf(2);
  expect(study).to.include({ type: '2', role: '3', idType: 'DCM 110180', id: '1.2.3' });
  expect(study?.sopClasses).to.deep.equal({ '1.1.2': 5 });
  expect(patient).to.include({ type: '1', role: '1', idType: 'RFC-3881 2', id: 'PID1' });
  // The name of the object is its id: no patient's name is told.
  expect(patient?.name).to.equal('PID1');
}

describe('Audit messages (PS3.15 §A.5.3)', () => {
  it('Application Activity (Table A.5.3.1-1): start and stop, the application as participant', () => {
    const start = seen(applicationActivity('start', OWN, AT));
    const stop = seen(applicationActivity('stop', OWN, AT));

    expect(start).to.include({ event: 'DCM 110100', type: 'DCM 110120', action: 'E', outcome: '0' });
    expect(stop).to.include({ event: 'DCM 110100', type: 'DCM 110121' });
    expect(start.participants).to.deep.equal([ourselves(['DCM 110150'])]);
    expect(start.objects).to.deep.equal([]);
  });

  it('DICOM Instances Transferred (Table A.5.3.7-1) of a store: from the caller to us, created', () => {
    const view = seen(instancesReceived(party(), STUDY, OWN, { at: AT }));

    expect(view).to.include({ event: 'DCM 110104', type: undefined, action: 'C', outcome: '0' });
    expect(view.participants).to.deep.equal([
      {
        id: 'CT1',
        alternative: 'AETITLES=CT1',
        name: undefined,
        isRequestor: true,
        roles: ['DCM 110153'],
        address: '192.0.2.7',
      },
      ourselves(['DCM 110152']),
    ]);
    expectStudyAndPatient(view);
  });

  it('DICOM Instances Transferred of a C-MOVE: from us to the destination, for a third who asked', () => {
    const requestor = { party: party({ callingAeTitle: 'WS1' }) };

    const view = seen(instancesSent(requestor, 'SINK', STUDY, OWN, { at: AT }));

    expect(view).to.include({ event: 'DCM 110104', action: 'R', outcome: '0' });
    expect(view.participants.map(({ id, roles, isRequestor }) => [id, roles, isRequestor])).to.deep.equal([
      ['4711', ['DCM 110153'], false],
      ['SINK', ['DCM 110152'], false],
      ['WS1', [], true],
    ]);
    expect(view.participants[1]?.address).to.equal(undefined);
    expect(view.participants[2]?.address).to.equal('192.0.2.7');
    expectStudyAndPatient(view);
  });

  it('DICOM Instances Transferred of a C-GET: who asked is the destination', () => {
    const requestor = { party: party({ callingAeTitle: 'WS1' }) };

    const view = seen(instancesSent(requestor, 'WS1', STUDY, OWN, { at: AT }));

    expect(view.participants).to.have.lengthOf(2);
    expect(view.participants[1]).to.deep.include({ id: 'WS1', isRequestor: true, roles: ['DCM 110152'] });
    expect(view.participants[1]?.address).to.equal('192.0.2.7');
  });

  it('DICOM Instances Transferred that somebody on the page wants: the user is the requestor', () => {
    const view = seen(
      instancesSent({ user: { name: 'mia', address: undefined } }, 'SINK', STUDY, OWN, {
        at: AT,
        outcome: 4,
        outcomeDescription: 'the destination hung up',
      }),
    );

    expect(view).to.include({ outcome: '4', outcomeDescription: 'the destination hung up' });
    expect(view.participants[2]).to.include({ id: 'mia', isRequestor: true, address: undefined });
  });

  it('have who uses the calling application as a further participant, where the association has a user identity', () => {
    const caller = party({ user: 'mia' });
    const received = { sopClassUid: '1.2', transferSyntaxUid: '1.3', identifier: Buffer.alloc(0) };

    for (const message of [
      instancesReceived(caller, STUDY, OWN, { at: AT }),
      instancesSent({ party: caller }, 'SINK', STUDY, OWN, { at: AT }),
      query(caller, received, OWN, { at: AT }),
    ])
      expect(seen(message).participants.at(-1)).to.deep.include({ id: 'mia', roles: [], isRequestor: false });
  });

  it('DICOM Instances Accessed (Table A.5.3.6-1): the person and the process, read', () => {
    const view = seen(instancesAccessed(USER, STUDY, OWN, { at: AT }));

    expect(view).to.include({ event: 'DCM 110103', action: 'R', outcome: '0' });
    expect(view.participants.map(({ id, isRequestor, address }) => [id, isRequestor, address])).to.deep.equal(
      [
        ['mia', true, '192.0.2.9'],
        ['4711', false, undefined],
      ],
    );
    expectStudyAndPatient(view);
  });

  it('Export (Table A.5.3.4-1): who takes it, who gives it, and where it goes', () => {
    const view = seen(dataExport(USER, STUDY, OWN, { at: AT }));

    expect(view).to.include({ event: 'DCM 110106', action: 'R', outcome: '0' });
    expect(view.participants.map(({ id, roles, isRequestor }) => [id, roles, isRequestor])).to.deep.equal([
      ['mia', ['DCM 110152'], true],
      ['4711', ['DCM 110153'], false],
      ['download to 192.0.2.9', ['DCM 110154'], false],
    ]);
    expect(auditXml(dataExport(USER, STUDY, OWN, { at: AT }), 'x')).to.include(
      '<MediaIdentifier><MediaType csd-code="110037" codeSystemName="DCM" originalText="URI"/></MediaIdentifier>',
    );
    expectStudyAndPatient(view);
  });

  it('Query (Table A.5.3.10-1): the SOP class, the identifier as it came, and its transfer syntax', () => {
    const identifier = Buffer.from('0800520000000600', 'hex');
    const received = {
      sopClassUid: '1.2.840.10008.5.1.4.1.2.2.1',
      transferSyntaxUid: '1.2.840.10008.1.2',
      identifier,
    };

    const view = seen(query(party(), received, OWN, { at: AT }));

    expect(view).to.include({ event: 'DCM 110112', action: 'E', outcome: '0' });
    expect(view.participants.map(({ id, roles, isRequestor }) => [id, roles, isRequestor])).to.deep.equal([
      ['CT1', ['DCM 110153'], true],
      ['4711', ['DCM 110152'], false],
    ]);
    const [object] = view.objects;
    expect(object).to.include({
      type: '2',
      role: '3',
      idType: 'DCM 110181',
      id: '1.2.840.10008.5.1.4.1.2.2.1',
    });
    expect(object?.query).to.deep.equal(identifier);
    expect(object?.details).to.deep.equal({ TransferSyntax: '1.2.840.10008.1.2' });
  });

  it('Query stays below 32768 bytes (§A.6) with an identifier of any length, and says how long that was', () => {
    const identifier = Buffer.alloc(1_000_000, 0x41);
    const received = { sopClassUid: '1.2', transferSyntaxUid: '1.2.840.10008.1.2', identifier };

    const xml = auditXml(query(party(), received, OWN, { at: AT }), 'x');

    expect(Buffer.byteLength(xml)).to.be.below(32_768 - 500);
    expect(auditView(xml).objects[0]?.details).to.include({ QueryLength: '1000000' });
    expect(auditView(xml).objects[0]?.query).to.have.lengthOf(16_384);
  });

  it('Security Alert (Table A.5.3.11-1): who reports it, who did it, and what it is about', () => {
    const view = seen(
      securityAlert(
        {
          at: AT,
          outcome: 8,
          type: eventTypes.nodeAuthentication,
          words: 'no such caller',
          performer: { userId: 'EVIL', isRequestor: true, address: '192.0.2.66' },
          subject: { node: '192.0.2.66' },
        },
        OWN,
      ),
    );

    expect(view).to.include({ event: 'DCM 110113', type: 'DCM 110126', action: 'E', outcome: '8' });
    expect(view.participants[0]).to.deep.equal(ourselves([], true));
    // Performing persons and processes are never the requestor.
    expect(view.participants[1]).to.include({ id: 'EVIL', isRequestor: false, address: '192.0.2.66' });
    expect(view.objects).to.have.lengthOf(1);
    expect(view.objects[0]).to.include({ type: '2', role: '13', idType: 'DCM 110182', id: '192.0.2.66' });
    expect(view.objects[0]?.details).to.deep.equal({ 'Alert Description': 'no such caller' });
  });

  it('User Authentication (Table A.5.3.12-1): login and logout, with the address of the person', () => {
    const login = seen(
      userAuthentication('login', USER, OWN, { at: AT, outcome: 4, outcomeDescription: 'wrong' }),
    );
    const logout = seen(userAuthentication('logout', USER, OWN, { at: AT }));

    expect(login).to.include({ event: 'DCM 110114', type: 'DCM 110122', action: 'E', outcome: '4' });
    expect(logout).to.include({ event: 'DCM 110114', type: 'DCM 110123', outcome: '0' });
    expect(login.participants[0]).to.include({ id: 'mia', isRequestor: true, address: '192.0.2.9' });
    expect(login.objects).to.deep.equal([]);
  });

  it('name a patient without Patient ID by a word that is none', () => {
    for (const patientId of [undefined, ''])
      expect(seen(instancesAccessed(USER, { ...STUDY, patientId }, OWN, { at: AT })).objects[1]?.id).to.equal(
        '<none>',
      );
  });
});
