import { join } from 'node:path';
import { expect } from 'chai';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { type Answers, logOf, Machine, NODE, needsNas, USUAL, wizard } from './helpers/nas.ts';
import { builtPackages } from './helpers/packages.ts';

const PROBE = join(import.meta.dirname, 'helpers/probe.ts');
const STEPS = ['echo', 'page', 'store', 'find', 'move'];

interface Row {
  step: string;
  ok: boolean;
  note: string;
}

describe('The life of the package: installed, started, stopped, updated, uninstalled', () => {
  before(needsNas);

  const folders: string[] = [];
  let machine: Machine | undefined;
  afterEach(async () => {
    await machine?.stop();
    for (const folder of folders.splice(0)) removeFolder(folder);
  });

  /** @returns the steps, those before the update and those after it under the same names */
  async function live(answers: Answers, ...args: string[]): Promise<{ rows: Row[]; root: string }> {
    const packages = await builtPackages();
    const [root, memory] = [temporaryFolder('nas'), temporaryFolder('probe')];
    folders.push(root, memory);
    machine = await Machine.start();
    const all = { ...USUAL, ...answers };
    const probes = STEPS.flatMap((step) => ['--probe', `'${NODE}' '${PROBE}' ${step}`]);
    const database = ['--mariadb-temp', `--mariadb-admin=root:${all.rootPassword}`];
    const fixed = ['cycle', '--root', root, '--node', NODE, '--json', ...database, ...probes];
    const { status, output } = await machine.simulator(
      [...fixed, ...wizard(all), ...args, packages.old, packages.new],
      { PROBE_FOLDER: memory, PROBE_PASSWORD: all.adminPassword },
    );
    const json = /^\[\n[\s\S]*^\]$/m.exec(output)?.[0];
    if (json === undefined) throw new Error(`no steps, exit status ${status}:\n${output}\n${logOf(root)}`);
    return { rows: JSON.parse(json), root };
  }

  /** Every step was right, and those that matter were there. */
  function expectWell({ rows, root }: { rows: Row[]; root: string }): void {
    const wrong = rows.filter(({ ok }) => !ok).map(({ step, note }) => `${step}: ${note}`);
    expect(wrong, logOf(root)).to.deep.equal([]);
    for (const step of STEPS) {
      const probed = rows.filter((row) => row.step === `probe: '${NODE}' '${PROBE}' ${step}`);
      expect(probed, `probe ${step}, before the update and after it`).to.have.lengthOf(2);
    }
    for (const step of [
      'upgrade',
      'database after upgrade',
      'data after uninstall',
      'nothing left elsewhere',
    ]) {
      expect(
        rows.some((row) => row.step.startsWith(step)),
        step,
      ).to.equal(true);
    }
  }

  it('answers, keeps images, peers and settings over an update, and leaves all data when it goes', async () => {
    expectWell(await live({}));
  });

  it('does the same by the links of /var/packages, with awkward names and passwords, and deletes what it is asked to', async () => {
    const awkward = { share: 'Röntgen 画像 2', adminPassword: AWKWARD, rootPassword: AWKWARD };
    const deletes = ['keep_data=false', 'delete_data=true'].flatMap((answer) => [
      '--wizard',
      `uninstall:wizard_${answer}`,
    ]);

    const life = await live(awkward, '--link-paths', ...deletes);

    expectWell(life);
    expect(life.rows.some(({ step }) => step === 'data deleted as asked')).to.equal(true);
  });
});

/** Every character that means something to a shell, to SQL, to a URL or to a file of options. */
const AWKWARD = `a'b"c$d\`e;f&g|h<i>j k\\l#m%n!o*p?q[r]s{t}u~v=w:x@y/zé画`;
