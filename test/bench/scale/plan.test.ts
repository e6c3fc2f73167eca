import { expect } from 'chai';
import { ArchiveFacts } from './facts.ts';
import { lineOf } from './line-maker.ts';
import { ArchivePlan, fifteenYears } from './plan.ts';
import { makePatient, makeStudy, studyKeys } from './study.ts';

describe('Benchmark: the archive of the scale scenario', () => {
  const plan = new ArchivePlan(fifteenYears(3000, 2));
  const studies = Array.from({ length: 300 }, (_, study) => makeStudy(plan, study * 10));

  it('is the same in every run, each study by itself', () => {
    const again = new ArchivePlan(fifteenYears(3000, 2));

    expect(makeStudy(again, 2990)).to.deep.equal(studies[299]);
    expect(again.instances).to.equal(plan.instances);
  });

  it('has some ten series a study and as many instances as are asked for', () => {
    expect(plan.series / 3000).to.be.within(8, 12);
    expect(plan.instances / plan.series).to.be.within(1.8, 2.2);
    expect(plan.studyCounts.reduce((sum, count) => sum + count, 0)).to.equal(3000);
    expect(plan.patients / 3000).to.be.within(0.38, 0.46);
  });

  it('counts for each study what is made for it', () => {
    for (const [index, study] of studies.entries()) {
      const at = index * 10;
      const instances = study.series.flatMap((series) => series.instances);
      expect(study.series).to.have.lengthOf((plan.seriesBefore[at + 1] ?? 0) - (plan.seriesBefore[at] ?? 0));
      expect(instances).to.have.lengthOf(
        (plan.instancesBefore[at + 1] ?? 0) - (plan.instancesBefore[at] ?? 0),
      );
    }
  });

  it('covers fifteen years, and gives no UID twice', () => {
    const years = new Set(studies.map(({ date }) => date.slice(0, 4)));
    const uids = studies.flatMap((study) => [
      study.uid,
      ...study.series.flatMap((series) => [series.uid, ...series.instances.map((one) => one.sopInstanceUid)]),
    ]);

    expect([...years].sort().at(0)).to.equal('2011');
    expect([...years].sort().at(-1)).to.equal('2026');
    expect(new Set(uids).size).to.equal(uids.length);
    expect(uids.filter((uid) => uid.length > 64)).to.deep.equal([]);
  });

  it('has names of four scripts, few of them common', () => {
    const names = Array.from({ length: plan.patients }, (_, patient) => makePatient(plan, patient).name);
    const share = (isOf: (text: string) => boolean): number =>
      names.filter((name) => isOf(Object.values(name).join(' '))).length / names.length;

    expect(share((text) => /\p{Script=Hiragana}/u.test(text))).to.be.within(0.1, 0.18);
    expect(share((text) => /\p{Script=Han}/u.test(text))).to.be.within(0.25, 0.35);
    expect(share((text) => /\p{Script=Cyrillic}/u.test(text))).to.be.within(0.08, 0.16);
    expect(new Set(names.map(({ Alphabetic }) => Alphabetic)).size / names.length).to.be.above(0.5);
  });

  it('tells what a query has to find', () => {
    const facts = new ArchiveFacts(plan);
    const { date } = studyKeys(plan, 1500);
    const patient = plan.patientOf[1500] ?? 0;

    expect(facts.ofDates([date]).answers).to.be.within(1, 10);
    expect(facts.ofName('*').answers).to.equal(3000);
    expect(facts.ofName('*^*').instances).to.equal(plan.instances);
    expect(facts.ofPatient(patient).answers).to.equal(plan.patientOf.filter((one) => one === patient).length);
  });

  it('writes lines as LOAD DATA reads them', () => {
    const row = { id: 1, text: 'a\tb\\c\nd\0', bytes: Buffer.from('0a', 'hex') };

    expect(lineOf(row, ['id', 'text', 'bytes'])).to.equal('1\ta\\\tb\\\\c\\\nd\\0\t0a\n');
  });
});
