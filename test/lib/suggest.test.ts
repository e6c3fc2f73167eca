import { expect } from 'chai';
import { suggest } from '../../src/lib/suggest.ts';

describe('suggest', () => {
  it('finds the word that was mistyped', () => {
    expect(suggest('prot', ['host', 'port'])).to.equal('port');
    expect(suggest('REINDX', ['serve', 'reindex', 'verify'])).to.equal('reindex');
  });

  it('keeps quiet when nothing is near', () => {
    expect(suggest('elephant', ['serve', 'reindex'])).to.equal(undefined);
    expect(suggest('x', [])).to.equal(undefined);
    expect(suggest('y'.repeat(1e6), ['y'])).to.equal(undefined);
  });
});
