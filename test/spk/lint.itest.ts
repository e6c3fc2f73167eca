import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { Machine, NODE, needsNas } from './helpers/nas.ts';
import { builtPackages } from './helpers/packages.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('The package as an archive', () => {
  const folder = temporaryFolder('spk');
  after(() => removeFolder(folder));

  it('has the same bytes however often, and from wherever, it is built', async () => {
    const { old } = await builtPackages();
    const env = { ...process.env, TZ: 'Asia/Taipei', LANG: 'C', SOURCE_DATE_EPOCH: '1767225600' };

    execFileSync(NODE, [join(ROOT, 'spk/build.ts'), folder], { cwd: folder, env });

    const again = readFileSync(join(folder, basename(old)));
    expect(again.equals(readFileSync(old))).to.equal(true);
  });

  it('leaves a strict reader of DSM packages nothing to complain of, no warning either', async function () {
    needsNas.call(this);
    const { old, new: update } = await builtPackages();
    const machine = await Machine.start();
    try {
      for (const spk of [old, update]) {
        const { status, output } = await machine.simulator(['lint', '--json', spk]);
        expect(JSON.parse(output)).to.deep.equal([]);
        expect(status).to.equal(0);
      }
    } finally {
      await machine.stop();
    }
  });
});
