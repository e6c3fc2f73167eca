import { join } from 'node:path';
import { expect } from 'chai';
import { gzipped, type Member, tarOf } from '../../spk/archive.ts';
import { packageVersion } from '../../spk/info.ts';
import { noticesOf, packagesOf } from '../../spk/notices.ts';
import { assertRunsEverywhere } from '../../spk/spk.ts';
import { tarHeaders } from './helpers/tar-headers.ts';

const ROOT = join(import.meta.dirname, '../..');
const TIME = new Date(1_767_225_600_000);

describe('The archive of a package', () => {
  const [a, b] = [member('x/a'), member('x/y/b')];

  it('is the same bytes whatever order its members come in', async () => {
    const [one, other] = await Promise.all([tarOf([a, b], TIME), tarOf([b, a], TIME)]);

    expect(gzipped(one).equals(gzipped(other))).to.equal(true);
    expect(tarHeaders(one).map(({ name }) => name)).to.deep.equal(['x/', 'x/a', 'x/y/', 'x/y/b']);
  });

  it('has no time and no machine in the header of its compression', () => {
    expect(gzipped(Buffer.from('x')).subarray(3, 10).toString('hex')).to.equal('00000000000203');
  });

  for (const path of ['/absolute', '../above', 'a/../b', 'a/./b', 'naïve', 'a b', 'x'.repeat(100)]) {
    it(`refuses the path ${path.slice(0, 20)}`, async () => {
      expect(await failureOf(tarOf([member(path)], TIME))).to.match(/does not fit into a plain header/);
    });
  }

  it('refuses a path that is there twice', async () => {
    expect(await failureOf(tarOf([a, a], TIME))).to.equal('a path is there twice');
  });

  it('refuses what is made for one kind of processor, and names it', () => {
    const program = { path: 'app/tool', bytes: Buffer.from('\x7fELF\x02', 'latin1') };
    const addon = member('app/x.node');

    expect(() => assertRunsEverywhere([a, program, addon])).to.throw(
      'not for every processor: app/tool, app/x.node',
    );
    expect(() => assertRunsEverywhere([a, b])).not.to.throw();
  });
});

describe('The version of a package', () => {
  it('ends in the number of the build', () => {
    expect(packageVersion('0.1.0', 1)).to.equal('0.1.0-0001');
    expect(packageVersion('12.0.3', 9999)).to.equal('12.0.3-9999');
  });

  for (const build of [0, -1, 1.5, 10_000, Number.NaN]) {
    it(`refuses the build ${build}`, () => {
      expect(() => packageVersion('1.0.0', build)).to.throw(RangeError, 'is not a number from 1 to 9999');
    });
  }

  it('refuses a version that DSM cannot compare', () => {
    expect(() => packageVersion('1.0.0-beta', 1)).to.throw(RangeError, '1.0.0-beta');
  });
});

describe('The notices of a package', () => {
  const lock = {
    packages: {
      'node_modules/koa': { version: '1.0.0', license: 'MIT', dependencies: { dcmjs: '1' } },
      'node_modules/dcmjs': {
        version: '2.0.0',
        license: 'MIT',
        dependencies: { '@x/inner': '1', outer: '1' },
      },
      'node_modules/dcmjs/node_modules/@x/inner': { version: '3.0.0', license: 'MIT' },
      'node_modules/outer': { version: '4.0.0', license: 'MIT' },
    },
  };

  it('are of the packages of which a file is bundled', () => {
    const inputs = [
      'src/main.ts',
      'node_modules/koa/lib/a.js',
      'node_modules/koa/node_modules/@y/z/index.js',
    ];

    expect(packagesOf(inputs, lock)).to.deep.equal([
      'node_modules/koa',
      'node_modules/koa/node_modules/@y/z',
    ]);
  });

  it('are also of what a package has bundled itself', () => {
    expect(packagesOf(['node_modules/dcmjs/build/dcmjs.js'], lock)).to.deep.equal([
      'node_modules/dcmjs',
      'node_modules/dcmjs/node_modules/@x/inner',
      'node_modules/outer',
    ]);
  });

  it('are not made where a licence is unknown', () => {
    expect(() => noticesOf(ROOT, ['node_modules/elsewhere'], lock)).to.throw(
      'no licence of node_modules/elsewhere',
    );
  });
});

function member(path: string): Member {
  return { path, bytes: Buffer.from(path) };
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it did not fail',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
