import { expect } from 'chai';
import { LoginBackoff } from '../../src/services/login-backoff.ts';

describe('LoginBackoff', () => {
  let now = 0;
  const ATTACKER = '192.0.2.66';
  const OWNER = '192.0.2.1';
  const backoffAfter = (failures: number, name = 'admin', address = ATTACKER) => {
    now = 1_000_000;
    const backoff = new LoginBackoff(() => now);
    for (let count = 0; count < failures; count++) backoff.failed(name, address);
    return backoff;
  };

  it('lets three failures pass, and doubles the delay from the fourth on', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 9].map((failures) => backoffAfter(failures).delayMs('x', ATTACKER));

    expect(delays).to.deep.equal([0, 0, 0, 0, 1000, 2000, 4000, 32_000]);
  });

  it('is over when the time has passed', () => {
    const backoff = backoffAfter(6);

    now += 3999;
    expect(backoff.delayMs('x', ATTACKER)).to.equal(1);
    now += 1;
    expect(backoff.delayMs('x', ATTACKER)).to.equal(0);
  });

  it('lets an address wait five minutes at most', () => {
    expect(backoffAfter(1000).delayMs('x', ATTACKER)).to.equal(300_000);
  });

  it('lets an account wait one minute at most, from whatever address', () => {
    expect(backoffAfter(1000).delayMs('admin', '198.51.100.9')).to.equal(60_000);
    expect(backoffAfter(1000).delayMs('ADMIN ', '198.51.100.9')).to.equal(60_000);
    expect(backoffAfter(1000).delayMs('viewer', '198.51.100.9')).to.equal(0);
  });

  it('does not keep out the owner at an address that has signed in before', () => {
    const backoff = backoffAfter(1000);
    backoff.failed('admin', OWNER);
    backoff.succeeded('admin', OWNER);
    for (let count = 0; count < 1000; count++) backoff.failed('admin', ATTACKER);

    expect(backoff.delayMs('admin', OWNER)).to.equal(0);
    expect(backoff.delayMs('admin', ATTACKER)).to.equal(300_000);
    expect(backoff.delayMs('viewer', OWNER)).to.equal(0);
  });

  it('lets who has signed in before wait for failures of the own, and a neighbour for all', () => {
    const home = '2001:db8:0:1::5';
    const backoff = backoffAfter(0);
    backoff.failed('admin', home);
    backoff.succeeded('admin', home);
    for (let count = 0; count < 9; count++) backoff.failed('admin', '2001:db8:0:1::6');
    expect(backoff.delayMs('admin', home), 'a neighbour guesses').to.equal(0);
    expect(backoff.delayMs('ADMIN', '2001:db8:0:1::6')).to.be.above(0);

    for (let count = 0; count < 4; count++) backoff.failed('admin', home);
    expect(backoff.delayMs('admin', home), 'somebody at home guesses').to.equal(1000);
    backoff.undo('admin', home);
    expect(backoff.delayMs('admin', home)).to.equal(0);
  });

  it('forgets the failures of the account, not of the address, when one was right', () => {
    const backoff = backoffAfter(5, 'someone');
    backoff.failed('admin', ATTACKER);
    backoff.succeeded('admin', ATTACKER);

    expect(backoff.delayMs('x', ATTACKER)).to.equal(2000);
    expect(backoff.delayMs('admin', '198.51.100.9')).to.equal(0);
  });

  it('takes back an attempt that could not be looked at', () => {
    const backoff = backoffAfter(4);

    backoff.undo('admin', ATTACKER);

    expect(backoff.delayMs('admin', ATTACKER)).to.equal(0);
  });

  it('forgets what is an hour old', () => {
    const backoff = backoffAfter(20);

    now += 3_600_001;
    backoff.failed('admin', ATTACKER);

    expect(backoff.delayMs('admin', ATTACKER)).to.equal(0);
  });

  it('takes the addresses of one IPv6 network for one, and an IPv4 address for itself however it is written', () => {
    const network = backoffAfter(9, 'a', '2001:db8:0:1::5');
    expect(network.delayMs('x', '2001:DB8::1:ffff:2:3:4')).to.equal(32_000);
    expect(network.delayMs('x', '2001:db8:0:2::5')).to.equal(0);

    const mapped = backoffAfter(9, 'a', '::ffff:192.0.2.5');
    expect(mapped.delayMs('x', '192.0.2.5')).to.equal(32_000);
    expect(mapped.delayMs('x', '192.0.2.6')).to.equal(0);
  });

  it('holds a bounded number of addresses, and forgets the oldest first', () => {
    const backoff = backoffAfter(9);
    for (let count = 0; count < 9_999; count++)
      backoff.failed(`n${count}`, `10.0.${count >> 8}.${count & 255}`);

    expect(backoff.delayMs('x', ATTACKER)).to.equal(32_000);
    backoff.failed('one more', '198.51.100.9');
    expect(backoff.delayMs('x', ATTACKER)).to.equal(0);
  });
});
