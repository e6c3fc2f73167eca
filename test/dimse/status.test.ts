import { expect } from 'chai';
import { isPending, status, statusClass, statusWords } from '../../src/dimse/status.ts';

describe('Statuses (PS3.7 Annex C, PS3.4 B.2.3 and C.4)', () => {
  it('are pending for FF00H and FF01H alone', () => {
    const pending = Array.from({ length: 0x10000 }, (_, value) => value).filter(isPending);

    expect(pending).to.deep.equal([0xff00, 0xff01]);
  });

  it('fall into the classes of PS3.7 Annex C', () => {
    const classes: [number, string][] = [
      [0x0000, 'success'],
      [0xff01, 'pending'],
      [0xfe00, 'cancel'],
      [0x0001, 'warning'],
      [0x0107, 'warning'],
      [0xb000, 'warning'],
      [0xb007, 'warning'],
      [0x0124, 'failure'],
      [0xa700, 'failure'],
      [0xc123, 'failure'],
      [0xffff, 'failure'],
    ];

    expect(classes.map(([value]) => [value, statusClass(value)])).to.deep.equal(classes);
  });

  it('have words, the service specific ranges and unknown ones included', () => {
    expect(statusWords(status.notAuthorized)).to.equal('Not authorized (0124H)');
    expect(statusWords(status.moveDestinationUnknown)).to.equal('Move destination unknown (A801H)');
    expect(statusWords(0xa7ab)).to.equal('Out of resources (A7ABH)');
    expect(statusWords(0xc123)).to.equal('Unable to process (C123H)');
    expect(statusWords(0x0042)).to.equal('Unknown status (0042H)');
  });

  it('have words for every one that has a name', () => {
    for (const value of Object.values(status)) expect(statusWords(value)).to.not.match(/^Unknown/);
  });
});
