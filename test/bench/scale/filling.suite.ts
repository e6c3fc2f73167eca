import { expect } from 'chai';
import { dumpRows, type Opened } from '../../helpers/catalog-engines.ts';
import { fillCatalogue, openLoader } from './fill.ts';
import { ArchivePlan, fifteenYears } from './plan.ts';
import { arrivalsOf, makeStudy } from './study.ts';

/** Enough for every kind of study, patients who come back, and every script. */
const STUDIES = 60;

export function fillingSuite(opened: Opened): void {
  it('is row by row what the catalogue makes of the same instances', async function () {
    this.timeout(300_000);
    const plan = new ArchivePlan(fifteenYears(STUDIES, 3));
    const indexed = await opened.another();
    const arrivals = Array.from({ length: STUDIES }, (_, study) => arrivalsOf(makeStudy(plan, study))).flat();
    for (let at = 0; at < arrivals.length; at += 700) {
      await indexed.catalog.instances.index(arrivals.slice(at, at + 700));
    }

    await fillCatalogue(opened.url, plan);

    const [filled, expected] = [await dumpRows(opened.url), await dumpRows(indexed.url)];
    expect(expected['instances']).to.have.lengthOf(plan.instances);
    for (const table of Object.keys(expected)) expect(filled[table], table).to.deep.equal(expected[table]);
  });

  it('goes on where it was left, and leaves a full catalogue as it is', async function () {
    this.timeout(300_000);
    const plan = new ArchivePlan(fifteenYears(STUDIES, 1));
    const stopped = await opened.another();
    const loader = await openLoader(stopped.url);
    for await (const { studies } of loader.writeFrom(plan, 0, STUDIES - 3)) {
      expect(studies).to.equal(STUDIES - 3);
      break;
    }
    await loader.close();

    const rest = await fillCatalogue(stopped.url, plan);
    const again = await fillCatalogue(stopped.url, plan);
    await fillCatalogue(opened.url, plan);

    expect(rest.rows).to.be.within(3 * 4, 3 * 200);
    expect(again.rows).to.equal(0);
    expect(await dumpRows(stopped.url)).to.deep.equal(await dumpRows(opened.url));
  });
}
