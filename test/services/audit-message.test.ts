import { expect } from 'chai';
import fc from 'fast-check';
import { eventIds, eventTypes, objectIdTypes } from '../../src/services/audit-codes.ts';
import { type AuditMessage, auditXml } from '../../src/services/audit-message.ts';
import { auditView, parseXml, schemaErrors } from '../helpers/audit.ts';

const AT = Date.UTC(2026, 10, 22, 3, 41, 33, 123);

function alert(words: string, id = 'dicomkeep:x', userId = '42'): AuditMessage {
  return {
    eventId: eventIds.securityAlert,
    eventType: eventTypes.nodeAuthentication,
    action: 'E',
    at: AT,
    outcome: 8,
    outcomeDescription: words,
    participants: [{ userId, isRequestor: true, address: words }],
    objects: [
      {
        type: 2,
        role: 13,
        idType: objectIdTypes.uri,
        id,
        details: [{ type: 'Alert Description', value: words }],
      },
    ],
  };
}

describe('An audit message as XML (PS3.15 §A.5.1)', () => {
  it('has its elements in the order of the schema, and coded values in their three attributes', () => {
    const xml = auditXml(alert('no'), 'DICOMKEEP@nas');

    expect(xml).to.equal(
      '<AuditMessage>' +
        '<EventIdentification EventActionCode="E" EventDateTime="2026-11-22T03:41:33.123Z" EventOutcomeIndicator="8">' +
        '<EventID csd-code="110113" codeSystemName="DCM" originalText="Security Alert"/>' +
        '<EventTypeCode csd-code="110126" codeSystemName="DCM" originalText="Node Authentication"/>' +
        '<EventOutcomeDescription>no</EventOutcomeDescription>' +
        '</EventIdentification>' +
        '<ActiveParticipant UserID="42" UserIsRequestor="true" NetworkAccessPointID="no" NetworkAccessPointTypeCode="2"/>' +
        '<AuditSourceIdentification AuditSourceID="DICOMKEEP@nas"><AuditSourceTypeCode csd-code="4"/></AuditSourceIdentification>' +
        '<ParticipantObjectIdentification ParticipantObjectID="dicomkeep:x" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="13">' +
        '<ParticipantObjectIDTypeCode csd-code="12" codeSystemName="RFC-3881" originalText="URI"/>' +
        '<ParticipantObjectName>dicomkeep:x</ParticipantObjectName>' +
        '<ParticipantObjectDetail type="Alert Description" value="bm8="/>' +
        '</ParticipantObjectIdentification>' +
        '</AuditMessage>',
    );
    expect(schemaErrors(parseXml(xml))).to.deep.equal([]);
  });

  it('gives the time of the event with its offset from UTC (PS3.15 §A.5.2.5)', () => {
    expect(auditView(auditXml(alert('no'), 'x')).time).to.equal('2026-11-22T03:41:33.123Z');
  });

  it('keeps hostile values what they are: values', () => {
    const hostile = `"/><x y='&amp;'>]]>&\n\r\t\u0000\u001b[31m\u2028\ud800`;

    const view = auditView(auditXml(alert(hostile, hostile, hostile), hostile));

    const harmless = `"/><x y='&amp;'>]]>&${'\ufffd'.repeat(4)}\ufffd[31m\ufffd\ufffd`;
    expect(view.outcomeDescription).to.equal(harmless);
    expect(view.participants[0]?.id).to.equal(harmless);
    expect(view.source).to.equal(harmless);
    expect(view.objects[0]).to.include({ id: harmless, name: harmless });
    expect(view.objects[0]?.details).to.deep.equal({ 'Alert Description': harmless });
  });

  it('is one line of well-formed XML whatever its values are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (one, other) => {
        expect(schemaErrors(parseXml(auditXml(alert(one, other, one), other)))).to.deep.equal([]);
      }),
      { numRuns: 100 },
    );
  });

  it('cuts values that are too long', () => {
    const view = auditView(auditXml(alert('x'.repeat(1_000_000)), 'x'));

    expect(view.outcomeDescription).to.have.lengthOf(1000);
    expect(view.objects[0]?.details['Alert Description']).to.have.lengthOf(1000);
  });

  it('tells so many SOP classes of a study, and of the rest how many instances they are', () => {
    const sopClasses = new Map(Array.from({ length: 150 }, (_, index) => [`1.2.${index}`, 2]));
    const study = {
      type: 2,
      role: 3,
      idType: objectIdTypes.studyInstanceUid,
      id: '1.2',
      sopClasses,
    } as const;

    const view = auditView(auditXml({ ...alert('no'), objects: [study] }, 'x'));

    expect(Object.keys(view.objects[0]?.sopClasses ?? {})).to.have.lengthOf(101);
    expect(view.objects[0]?.sopClasses['']).to.equal(100);
  });
});

describe('The check of audit messages', () => {
  const wrong = [
    [
      'an element out of order',
      '<AuditMessage><ActiveParticipant UserID="" UserIsRequestor="true"/></AuditMessage>',
    ],
    ['an attribute that is missing', '<ActiveParticipant UserID=""/>'],
    ['a value of another kind', '<ActiveParticipant UserID="" UserIsRequestor="yes"/>'],
    ['an attribute that does not exist', '<ActiveParticipant UserID="" UserIsRequestor="true" X="1"/>'],
  ] as const;
  for (const [name, xml] of wrong) {
    it(`sees ${name}`, () => {
      expect(schemaErrors(parseXml(xml))).to.not.deep.equal([]);
    });
  }

  for (const xml of [
    '<a>',
    '<a></b>',
    '<a b="1" b="2"/>',
    '<a>&</a>',
    '<a>\n</a>',
    '<a/><a/>',
    '<a b="<"/>',
  ]) {
    it(`does not read ${JSON.stringify(xml)}`, () => {
      expect(() => parseXml(xml)).to.throw();
    });
  }
});
