import { expect } from 'chai';
import {
  EVENT_GROUPS,
  factsOf,
  kindsOf,
  reasonOf,
  sentenceOf,
} from '../../src/admin/page/lib/event-words.ts';
import { EVENT_KINDS } from '../../src/services/activity-kinds.ts';
import { endedEvent, rejectedEvent, retrievedEvent } from '../../src/services/activity-words.ts';
import type { AssociationTally, Party } from '../../src/services/observer.ts';
import { inAllLanguages, read } from './languages.ts';

const PARTY: Party = {
  callingAeTitle: 'CT1',
  calledAeTitle: 'DICOMKEEP',
  address: '10.0.0.4',
  isPeer: true,
  isTls: false,
};

const TALLY: AssociationTally = {
  number: 1,
  party: PARTY,
  openedAt: 1000,
  storedInstances: 0,
  storedBytes: 0,
  refusedInstances: 0,
  sentInstances: 0,
  queries: 0,
  echoes: 0,
};

function asWritten(event: {
  kind: string;
  severity: 'info' | 'warning' | 'error';
  words: string;
  fields: object;
}) {
  return { ...event, id: 1, at: 1000, fields: { ...event.fields } };
}

function event(kind: string, fields: Record<string, string | number | boolean> = {}) {
  return asWritten({ kind, severity: 'info', words: 'as in the log', fields });
}

describe('The sentence of an event', () => {
  it('has all its places filled for every kind in every language, whatever the event tells', () => {
    const sentences = EVENT_KINDS.flatMap((kind) =>
      Object.entries(inAllLanguages(() => sentenceOf(event(kind)))),
    );

    expect(sentences.filter(([, text]) => /[{}]|activity\./.test(text))).to.deep.equal([]);
    expect(sentences.filter(([, text]) => text === 'as in the log')).to.deep.equal([]);
  });

  it('is the one of the server for a kind that the page does not know', () => {
    read('ja');

    expect(sentenceOf(event('invented-later'))).to.equal('as in the log');
  });

  it('counts what was stored', () => {
    const stored = { caller: 'CT1', address: '10.0.0.4', bytes: 2_000_000 };

    expect(
      inAllLanguages(() => sentenceOf(event('instances-stored', { ...stored, instances: 1 }))),
    ).to.include({
      en: 'CT1 sent 1 image',
      fr: 'CT1 a envoyé 1 image',
      ja: 'CT1 から 1 画像を受信しました',
    });
    read('en');
    expect(sentenceOf(event('instances-stored', { ...stored, instances: 1200 }))).to.equal(
      'CT1 sent 1,200 images',
    );
    expect(factsOf(event('instances-stored', { ...stored, instances: 1200 }))).to.deep.equal(['2 MB']);
  });

  it('names the address of a caller that told no AE title', () => {
    read('en');

    expect(sentenceOf(event('association-rejected', { caller: '', address: '10.0.0.9' }))).to.equal(
      '10.0.0.9 was turned away',
    );
  });

  it('gives the reason of a rejection in the language of the reader', () => {
    const rejected = asWritten(rejectedEvent(PARTY, 'called-ae-title', 'called AE title not recognized'));

    expect(inAllLanguages(() => reasonOf(rejected))).to.include({
      en: 'It called DICOMKEEP, which is none of our AE titles.',
      'zh-CN': '它呼叫的 DICOMKEEP 不是本机的 AE 标题。',
    });
  });

  it('gives any other reason as the log has it', () => {
    read('fr');

    expect(reasonOf(event('query-refused', { reason: 'no level' }))).to.equal('no level');
    expect(reasonOf(event('login'))).to.equal('');
  });

  it('tells apart how an association ended', () => {
    read('en');
    const ended = (tally: Partial<AssociationTally>, isOrderly: boolean) => {
      const told = endedEvent({ ...TALLY, ...tally }, isOrderly, 'time-out', 9000);
      return told === undefined ? undefined : sentenceOf(asWritten(told));
    };

    expect(ended({ echoes: 1 }, true)).to.equal('CT1 tested the connection (C-ECHO)');
    expect(ended({ storedInstances: 3 }, true)).to.equal('CT1 closed its association');
    expect(ended({ storedInstances: 3 }, false)).to.equal('The association with CT1 broke off');
  });

  it('tells storage commitment from sending', () => {
    read('en');
    const told = (kind: 'job-added' | 'job-done', operation: string) =>
      sentenceOf(event(kind, { operation, destination: 'CT1', by: 'CT1' }));

    expect(told('job-added', 'storage-commitment')).to.equal('CT1 asks whether images are safely stored');
    expect(told('job-done', 'storage-commitment')).to.equal('Told CT1: all images are safely stored');
    expect(told('job-done', 'send')).to.equal('Sending to CT1 is done');
  });

  it('tells a download from a retrieve', () => {
    read('en');
    const retrieved = retrievedEvent(TALLY, {
      operation: 'C-MOVE',
      destination: 'WS1',
      studyInstanceUid: '1.2',
      completed: 7,
      failed: 2,
      warning: 0,
      tookMs: 4200,
      words: undefined,
    });

    expect(sentenceOf(asWritten(retrieved))).to.equal('7 images were sent to WS1 (C-MOVE)');
    expect(factsOf(asWritten(retrieved))).to.deep.equal(['2 failed', '4.2 sec']);
    expect(
      sentenceOf(event('retrieve-answered', { operation: 'download', by: 'anna', instances: 7 })),
    ).to.equal('anna downloaded 7 images');
  });

  it('shows what a change changed, also to and from nothing', () => {
    read('en');
    const change = (before: string, after: string) =>
      factsOf(event('setting-changed', { by: 'admin', setting: 'dimsePort', before, after }));

    expect(change('104', '11112')).to.deep.equal(['104 → 11112']);
    expect(change('', 'x')).to.deep.equal(['— → x']);
  });
});

describe('The sentence of many events told as one', () => {
  const repeated = (kind: string, fields: Record<string, string | number | boolean>) =>
    event(kind, { address: '10.0.0.4', count: 27, ...fields });

  it('names the caller where it was the same in all, and else says where they came from', () => {
    read('en');
    const ended = { instances: 54, bytes: 2_000_000, sent: 0, refused: 0 };

    expect(sentenceOf(repeated('association-ended', { ...ended, caller: 'CT1' }))).to.equal(
      '27 associations closed by CT1',
    );
    expect(sentenceOf(repeated('association-ended', ended))).to.equal(
      '27 associations closed by several devices at 10.0.0.4',
    );
    expect(factsOf(repeated('association-ended', ended))).to.deep.equal(['54 received', '2 MB']);
  });

  it('begins with a capital letter where it begins with words for a name', () => {
    const stored = repeated('instances-stored', { instances: 30, studyInstanceUid: '1.2' });

    expect(inAllLanguages(() => sentenceOf(stored))).to.include({
      en: 'Several devices at 10.0.0.4 sent 30 images',
      fr: 'Un groupe d’appareils à l’adresse 10.0.0.4 a envoyé 30 images',
    });
    read('en');
    expect(sentenceOf({ ...stored, fields: { ...stored.fields, caller: 'ct1' } })).to.equal(
      'ct1 sent 30 images',
    );
    expect(factsOf(stored)).to.deep.equal(['in 27 associations']);
  });

  it('has all its places filled in every language, whatever was unlike', () => {
    const kinds = ['association-ended', 'association-rejected', 'instances-stored', 'instances-refused'];
    const others = ['query-refused', 'retrieve-answered', 'login-failed'];

    const sentences = [...kinds, ...others].flatMap((kind) =>
      Object.values(
        inAllLanguages(() => [sentenceOf(repeated(kind, {})), ...factsOf(repeated(kind, {}))].join()),
      ),
    );

    expect(sentences.filter((text) => /[{}?]|activity\./.test(text))).to.deep.equal([]);
  });
});

describe('The groups of events', () => {
  it('have each kind once', () => {
    const grouped = EVENT_GROUPS.flatMap(kindsOf);

    expect(grouped.toSorted()).to.deep.equal([...EVENT_KINDS].sort());
  });
});
