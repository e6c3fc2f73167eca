import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import { IdentifierCollector } from '../../src/net/identifier-collector.ts';
import { netLimits } from '../../src/net/limits.ts';

describe('IdentifierCollector', () => {
  function collect(...pieces: Buffer[]): (Buffer | Problem)[] {
    const given: (Buffer | Problem)[] = [];
    const collector = new IdentifierCollector((whole) => given.push(whole));
    for (const piece of pieces) {
      collector.write(piece);
      piece.fill(0xff); // the buffer is used again
    }
    expect(collector.release()).to.equal(undefined);
    collector.end();
    return given;
  }

  it('hands on what came, once, when it is whole', () => {
    expect(collect(Buffer.from('ab'), Buffer.alloc(0), Buffer.from('c'))).to.deep.equal([Buffer.from('abc')]);
    expect(collect()).to.deep.equal([Buffer.alloc(0)]);
  });

  it('takes as much as its bound, and refuses more in words, however much comes', () => {
    const piece = () => Buffer.alloc(65_536);
    const most = netLimits.identifierBytesMax / 65_536;
    expect(collect(...Array.from({ length: most }, piece))[0]).to.have.length(netLimits.identifierBytesMax);

    const [refused] = collect(...Array.from({ length: most * 3 }, piece));
    expect(refused).to.be.instanceOf(Problem).and.to.include({ code: 'unreadable-data-set' });
    expect(collect(...Array.from({ length: most }, piece), Buffer.alloc(1))[0]).to.be.instanceOf(Problem);
  });

  it('hands on nothing when the association ends before', () => {
    const given: unknown[] = [];
    const collector = new IdentifierCollector((whole) => given.push(whole));
    collector.write(Buffer.from('ab'));
    collector.abort();

    expect(given).to.deep.equal([]);
  });
});
