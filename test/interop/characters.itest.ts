import { expect } from 'chai';
import { encodeText } from '../../src/dicom/character-set.ts';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { transferSyntaxOf } from '../../src/dicom/transfer-syntax.ts';
import { type CorpusFile, corpus, roundsOf, sha256Of } from '../helpers/corpus.ts';
import { contextsFor, DimseClient, identifierOf, queryRetrieveContexts } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer } from '../helpers/server.ts';
import { makeInstance, type StandIn } from '../helpers/stand-ins.ts';

/** A name in each set of PS3.3 §C.12.1.1.2, and with two and three sets. */
const NAMES: readonly [set: string, name: string][] = [
  ['', 'Adams^John'],
  ['ISO_IR 6', 'Baker^Mary'],
  ['ISO_IR 100', 'Buc^Jérôme'],
  ['ISO_IR 101', 'Wałęsa^Łucja'],
  ['ISO_IR 109', 'Ĉapek^Ĝoĵo'],
  ['ISO_IR 110', 'Bērziņš^Ķirsis'],
  ['ISO_IR 144', 'Иванов^Пётр'],
  ['ISO_IR 127', 'قباني^لنزار'],
  ['ISO_IR 126', 'Διονυσιος^Νίκος'],
  ['ISO_IR 138', 'שרון^דבורה'],
  ['ISO_IR 148', 'Yıldırım^Şükrü'],
  ['ISO_IR 203', 'Œuvré^Žofie'],
  ['ISO_IR 13', 'ﾔﾏﾀﾞ^ﾀﾛｳ'],
  ['ISO_IR 166', 'สมชาย^ใจดี'],
  ['ISO_IR 192', 'Wang^XiaoDong=王^小東=ワン^シャオドン'],
  ['GB18030', 'Wang^XiaoDong=王^小东'],
  ['GBK', 'Zhang^San=張^三'],
  ['ISO 2022 IR 6\\ISO 2022 IR 87', 'Suzuki^Hanako=鈴木^花子=すずき^はなこ'],
  ['\\ISO 2022 IR 87', 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
  ['\\ISO 2022 IR 87\\ISO 2022 IR 159', 'Tanaka^Kyu=田中^丂=たなか^きゅう'],
  ['ISO 2022 IR 13\\ISO 2022 IR 87', 'ﾀﾅｶ^ﾊﾅｺ=田中^花子=たなか^はなこ'],
  ['\\ISO 2022 IR 149', 'Hong^Gildong=洪^吉洞=홍^길동'],
  ['\\ISO 2022 IR 58', 'Zhang^XiaoDong=张^小东'],
  ['ISO 2022 IR 100\\ISO 2022 IR 126\\ISO 2022 IR 144', 'Jérôme^Δέλτα Жук'],
  ['ISO 2022 IR 101\\ISO 2022 IR 110', 'Łoś^Ķēniņš'],
  ['\\ISO 2022 IR 109\\ISO 2022 IR 148', 'Ĝis^Şen'],
  ['\\ISO 2022 IR 127\\ISO 2022 IR 138', 'علي^אברהם'],
  ['ISO 2022 IR 166\\ISO 2022 IR 203', 'ใจ^Œil'],
];

/** Undeclared or misdeclared: what is declared, the bytes of the name, and what it is read as. */
const MALFORMED: readonly [set: string, bytes: Buffer, name: string][] = [
  ['ISO-IR 100', Buffer.from('Caf\xe9^Zo\xe9', 'latin1'), 'Café^Zoé'],
  ['', Buffer.from('M\xfcller^J\xf6rg', 'latin1'), 'Müller^Jörg'],
  ['', Buffer.from('\x8e\x52\x93\x63^\x91\xbe\x98\x59', 'latin1'), '山田^太郎'],
  ['ISO_IR 100', Buffer.from('José^Núñez'), 'José^Núñez'],
  ['ISO_IR 144', Buffer.from('\xc8\xe2\xe0\xed\xee\xe2\xe0^\xcc\xe0\xf0\xe8\xff', 'latin1'), 'Иванова^Мария'],
  ['\\ISO 2022 IR 149', Buffer.from('Kim=\xb1\xe8^\xc8\xf1\xc1\xdf', 'latin1'), 'Kim=김^희중'],
  ['ISO_IR 999', Buffer.from('Who^Knows\xe9', 'latin1'), 'Who^Knowsé'],
];

interface Stored {
  set: string;
  name: string;
  instance: StandIn;
}

describe('Characters, stored and queried (PS3.3 §C.12.1.1.2, PS3.4 §C.2.2.2)', () => {
  let server: TestServer;
  let client: DimseClient;
  const declared = NAMES.map(([set, name]) => ({ set, name, instance: instanceOf(set, name) }));
  const malformed = MALFORMED.map(([set, bytes, name]) => ({ set, name, instance: instanceOf(set, bytes) }));
  const ofCorpus =
    roundsOf(
      (corpus ?? []).filter(({ path, expect: outcome }) => isOfCharacters(path) && outcome === 'store'),
    )[0] ?? [];

  before(async () => {
    server = await startServer();
    await server.run('peer', 'add', 'TESTSCU', '127.0.0.1', '11112');
    const instances = [...declared, ...malformed].map(({ instance }) => instance);
    await store([...instances, ...ofCorpus]);
    client = await DimseClient.connect({ port: server.port });
  });
  after(async () => {
    await client.release();
    await server.stop();
    removeFolder(server.dataDir);
  });

  async function store(instances: readonly Pick<CorpusFile, keyof StandIn>[]): Promise<void> {
    const sender = await DimseClient.connect({ port: server.port, contexts: contextsFor(instances) });
    for (const { path, sopClass, sopInstance, transferSyntax, dataSet } of instances) {
      const { status } = await sender.store(sopClass, sopInstance, transferSyntax, dataSet());
      expect(status, path).to.equal(0);
    }
    await sender.release();
  }

  /** The name of the study as it is answered to a key in a character set; undefined where the key does not find it. */
  async function ask({ instance }: Stored, set: string, key: string) {
    const identifier = identifierOf({
      SpecificCharacterSet: set,
      QueryRetrieveLevel: 'STUDY',
      StudyInstanceUID: instance.studyInstanceUid ?? '',
      PatientName: key,
    });
    const { responses, status } = await client.find('STUDY', identifier);
    expect(status).to.equal(0);
    expect(responses.length).to.be.at.most(1);
    return responses[0];
  }

  it('finds every name by itself in its own set, and answers in that set, byte for byte as it was stored', async () => {
    for (const stored of declared) {
      const answer = await ask(stored, stored.set, stored.name);

      const bytes = encodeText(stored.name, 'PN', stored.set.split('\\'));
      expect(answer?.texts(tags.SpecificCharacterSet).join('\\') ?? '', stored.name).to.equal(stored.set);
      expect(rawName(answer), stored.name).to.equal(bytes?.toString('hex'));
    }
  });

  it('finds every name in UTF-8, and answers in UTF-8', async () => {
    for (const stored of [...declared, ...malformed]) {
      const answer = await ask(stored, 'ISO_IR 192', stored.name);

      expect(answer?.text(tags.SpecificCharacterSet), stored.name).to.equal('ISO_IR 192');
      expect(rawName(answer), stored.name).to.equal(Buffer.from(stored.name).toString('hex'));
    }
  });

  it('finds every name in every other set that has its characters', async () => {
    let count = 0;
    for (const stored of declared) {
      for (const [set] of NAMES) {
        if (encodeText(stored.name, 'PN', set.split('\\')) === undefined) continue;
        count += 1;
        const answer = await ask(stored, set, stored.name);
        expect(answer?.text(tags.PatientName), `${stored.name} in ${set}`).to.equal(stored.name);
      }
    }
    expect(count).to.be.above(100);
  });

  it('answers in the set of the request where every value fits it, else in ISO_IR 192, answer by answer', async () => {
    for (const set of ['ISO_IR 100', 'ISO_IR 126', '\\ISO 2022 IR 87', 'GB18030', 'ISO_IR 192']) {
      const identifier = identifierOf({
        SpecificCharacterSet: set,
        QueryRetrieveLevel: 'STUDY',
        StudyInstanceUID: declared.map(({ instance }) => instance.studyInstanceUid ?? ''),
        PatientName: '',
      });
      const { responses } = await client.find('STUDY', identifier);

      expect(responses).to.have.length(declared.length);
      for (const response of responses) {
        const name = response.text(tags.PatientName) ?? '';
        const fits = encodeText(name, 'PN', set.split('\\')) !== undefined;
        const answered = response.texts(tags.SpecificCharacterSet).join('\\');
        expect(answered, `${name} in ${set}`).to.equal(fits ? set : 'ISO_IR 192');
      }
      expect(responses.map((one) => one.text(tags.PatientName)).sort()).to.deep.equal(
        declared.map(({ name }) => name).sort(),
      );
    }
  });

  it('answers a request without a set in the default repertoire, and in ISO_IR 192 where that does not do', async () => {
    for (const { instance, name } of declared) {
      const identifier = identifierOf({ QueryRetrieveLevel: 'STUDY', PatientName: '' });
      identifier.delete(tags.SpecificCharacterSet);
      identifier.setText(tags.StudyInstanceUID, instance.studyInstanceUid ?? '');
      const { responses } = await client.find('STUDY', identifier);

      // biome-ignore lint/suspicious/noControlCharactersInRegex: the default repertoire
      const isAscii = /^[\x00-\x7f]*$/.test(name);
      expect(responses[0]?.text(tags.SpecificCharacterSet), name).to.equal(
        isAscii ? undefined : 'ISO_IR 192',
      );
      expect(responses[0]?.text(tags.PatientName)).to.equal(name);
    }
  });

  it('matches wild cards by characters, not by bytes, in any set', async () => {
    for (const stored of declared) {
      const [alphabetic = ''] = stored.name.split('=');
      const family = Array.from(alphabetic.split('^')[0] ?? '');
      const star = `${family.slice(0, 2).join('')}*`;
      // A voiced sound mark of half-width katakana is a character of its own on the wire, and part of the one before in Unicode.
      const mark = stored.name.startsWith('ﾔﾏﾀﾞ') ? 'ﾔ?ﾀﾞ*' : `${family[0]}?${family.slice(2).join('')}*`;
      for (const set of [stored.set, 'ISO_IR 192']) {
        expect(await ask(stored, set, star), `${star} in ${set}`).not.to.equal(undefined);
        expect(await ask(stored, set, mark), `${mark} in ${set}`).not.to.equal(undefined);
        expect(await ask(stored, set, `?${star}`), `?${star} in ${set}`).to.equal(undefined);
      }
    }
  });

  it('matches the component groups of a name each by itself', async () => {
    for (const stored of declared.filter(({ name }) => name.includes('='))) {
      const groups = stored.name.split('=');
      for (const [index, group] of groups.entries()) {
        const inPlace = `${'='.repeat(index)}${group}`;
        expect(await ask(stored, stored.set, inPlace), inPlace).not.to.equal(undefined);
        expect(await ask(stored, stored.set, group), group).not.to.equal(undefined);
      }
      const [alphabetic = '', ideographic = ''] = groups;
      expect(await ask(stored, 'ISO_IR 192', `${alphabetic}=不^在`)).to.equal(undefined);
      expect(await ask(stored, 'ISO_IR 192', `Nobody=${ideographic}`)).to.equal(undefined);
      expect(
        await ask(stored, 'ISO_IR 192', `${alphabetic.slice(0, 2)}*=${ideographic.slice(0, 1)}*`),
      ).not.to.equal(undefined);
    }
  });

  it('finds what was declared wrongly or not at all by the same bytes, declared as wrongly', async () => {
    for (const { set, name, instance } of malformed) {
      const key = DataSet.decode(instance.dataSet(), syntaxOf(instance.transferSyntax)).get(tags.PatientName);
      const identifier = identifierOf({
        QueryRetrieveLevel: 'STUDY',
        StudyInstanceUID: instance.studyInstanceUid ?? '',
      });
      identifier.set({ tag: tags.SpecificCharacterSet, vr: 'CS', bytes: Buffer.from(set, 'latin1') });
      if (key !== undefined) identifier.set(key);
      const { responses } = await client.find('STUDY', identifier);

      expect(
        responses.map((one) => one.text(tags.PatientName)),
        set,
      ).to.deep.equal([name]);
    }
  });

  it('keeps the bytes of all of them as they came', async () => {
    const all = [...declared, ...malformed].map(({ instance }) => instance);
    const getter = await DimseClient.connect({
      port: server.port,
      contexts: [...queryRetrieveContexts.slice(-1), ...contextsFor(all)],
      roles: [...new Set(all.map(({ sopClass }) => sopClass))],
    });
    for (const instance of all) {
      const key = { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: instance.studyInstanceUid ?? '' };
      const { received } = await getter.get('STUDY', identifierOf(key));

      expect(received.map(({ sha256 }) => sha256)).to.deep.equal([sha256Of(instance.dataSet())]);
    }
    await getter.release();
  });

  it('finds the instances of the corpus by their own bytes, in the set that they declare', async function () {
    if (corpus === undefined) {
      console.log('      skipped: no corpus (DICOMKEEP_CORPUS)');
      return this.skip();
    }
    for (const file of ofCorpus) {
      const dataSet = DataSet.decode(file.dataSet(), syntaxOf(file.transferSyntax));
      const name = dataSet.get(tags.PatientName);
      const set = dataSet.get(tags.SpecificCharacterSet);
      const identifier = identifierOf({
        QueryRetrieveLevel: 'STUDY',
        StudyInstanceUID: file.studyInstanceUid ?? '',
      });
      identifier.delete(tags.SpecificCharacterSet);
      if (set !== undefined) identifier.set(set);
      if (name !== undefined) identifier.set(name);
      const { responses } = await client.find('STUDY', identifier);

      expect(responses.length, file.path).to.equal(1);
    }
  });
});

function isOfCharacters(path: string): boolean {
  return path.startsWith('charset/');
}

function syntaxOf(transferSyntax: string) {
  const syntax = transferSyntaxOf(transferSyntax);
  if (syntax === undefined) throw new Error(transferSyntax);
  return syntax;
}

function rawName(answer: DataSet | undefined): string | undefined {
  const element = answer?.get(tags.PatientName);
  if (element === undefined || element.vr === 'SQ') return undefined;
  const padded = element.bytes.toString('hex');
  return element.bytes.at(-1) === 0x20 ? padded.slice(0, -2) : padded;
}

/** With a name that its character set has, or with the bytes of one in place of a name of the same length. */
function instanceOf(set: string, name: string | Buffer): StandIn {
  const path = `${set}: ${name}`;
  if (typeof name === 'string') return makeInstance({ path, characterSet: set, with: { PatientName: name } });
  const holder = 'X'.repeat(name.length + (name.length % 2));
  return makeInstance({
    path,
    characterSet: set,
    with: { PatientName: holder },
    change: (dataSet) => {
      const at = dataSet.indexOf(holder, 0, 'latin1');
      dataSet.fill(' ', at, at + holder.length);
      name.copy(dataSet, at);
      return dataSet;
    },
  });
}
