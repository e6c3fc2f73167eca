import { expect } from 'chai';
import { examinationSets, studiesOf, valuesOf } from './data-sets.ts';
import { parseOptions, scenarioNames } from './options.ts';
import { type ResultFile, toJson } from './results.ts';
import { inTurn } from './scenario.ts';
import { lifecycleSets } from './scenarios/lifecycle-sets.ts';
import { scenarios } from './suite.ts';

describe('Suite of the benchmark', () => {
  it('takes the servers forwards and backwards in turn', () => {
    const orders = [0, 1, 2].map((repeat) => inTurn(['A', 'B', 'C'], repeat).join(''));

    expect(orders).to.deep.equal(['ABC', 'CBA', 'ABC']);
  });

  it('has every scenario that an option can name', () => {
    expect(scenarios.map(({ name }) => name)).to.have.members([...scenarioNames]);
  });

  it('measures at full size and three times unless told otherwise, and judges no goal of a short run', () => {
    expect(parseOptions([])).to.include({ factor: 1, repeats: 3, isSmoke: false });
    expect(parseOptions(['--quick'])).to.include({ factor: 0.1, repeats: 1, isSmoke: false });
    expect(parseOptions(['--smoke', '--repeats', '2'])).to.include({
      factor: 0.005,
      repeats: 2,
      isSmoke: true,
    });
    expect(parseOptions(['--factor', '0.5'])).to.include({ factor: 0.5 });
    expect(() => parseOptions(['--factor', '0'])).to.throw('--factor: 0 is no number from 0.001 to 10');
  });

  it('makes an examination one study with different instances, of the sizes of the goal', () => {
    const sets = examinationSets(1);

    const uids = sets.flatMap((set) => [0, set.instances - 1].map((index) => valuesOf(set, index)));
    expect(sets.map(({ instances }) => instances)).to.deep.equal([10_000, 1000, 4]);
    expect(sets.map((set) => (set.rows * set.columns * set.bytesPerPixel) / 1000)).to.deep.equal([
      59.84, 307.2, 14992.384,
    ]);
    expect(sets.map(studiesOf)).to.deep.equal([1, 1, 1]);
    expect(new Set(uids.map(({ studyInstanceUid }) => studyInstanceUid)).size).to.equal(1);
    expect(new Set(uids.map(({ sopInstanceUid }) => sopInstanceUid)).size).to.equal(uids.length);
    expect(new Set(sets.map((set) => valuesOf(set, 0).seriesInstanceUid)).size).to.equal(3);
    expect(examinationSets(0.001).map(({ instances }) => instances)).to.deep.equal([10, 1, 1]);
  });

  it('leaves as many instances unfiled as the goal names', () => {
    expect(lifecycleSets(1).unfiled.instances).to.equal(10_000);
  });

  it('writes a row to a line, which any reader of JSON takes', () => {
    const row = { scenario: 'find', server: 'raw', timesMs: [1.5, Number.NaN] };
    const file = {
      format: 'dicomkeep-benchmark',
      version: 1,
      machine: {},
      rows: [row, row],
      summary: {},
      goals: [],
    };

    const text = toJson(file as unknown as ResultFile);

    expect(JSON.parse(text)).to.deep.equal({
      ...file,
      rows: [row, row].map((one) => ({ ...one, timesMs: [1.5, null] })),
    });
    expect(text.split('\n').filter((line) => line.includes('"timesMs":[1.5,null]'))).to.have.lengthOf(2);
    expect(JSON.parse(toJson({ ...file, rows: [] } as unknown as ResultFile)).rows).to.deep.equal([]);
  });
});
