import { scryptSync } from 'node:crypto';
import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import { hashPassword, randomPassword, verifyPassword } from '../../src/services/passwords.ts';

describe('Passwords', () => {
  it('are found right and wrong against their hash', async () => {
    const stored = await hashPassword('correct horse battery');

    expect(await verifyPassword('correct horse battery', stored)).to.equal(true);
    expect(await verifyPassword('correct horse batterY', stored)).to.equal(false);
    expect(await verifyPassword('', stored)).to.equal(false);
  });

  it('have hashes that differ for the same password, and say their cost', async () => {
    const one = await hashPassword('correct horse battery');
    const other = await hashPassword('correct horse battery');

    expect(one).not.to.equal(other);
    expect(one).to.match(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  });

  it('are checked with the cost that stands in the hash, so that it may be raised', async () => {
    const salt = Buffer.alloc(16, 7);
    const key = scryptSync('an older password', salt, 32, { N: 1024, r: 4, p: 2 });
    const stored = `scrypt$1024$4$2$${salt.toString('base64url')}$${key.toString('base64url')}`;

    expect(await verifyPassword('an older password', stored)).to.equal(true);
    expect(await verifyPassword('another password', stored)).to.equal(false);
  });

  it('are one whether their letters come composed or decomposed', async () => {
    const stored = await hashPassword('mot de passe d\u00e9compos\u00e9');

    expect(await verifyPassword('mot de passe de\u0301compose\u0301', stored)).to.equal(true);
  });

  it('are wrong where there is no user, after the same work', async () => {
    const startedAt = performance.now();
    const isRight = await verifyPassword('correct horse battery', undefined);
    const nobodyMs = performance.now() - startedAt;

    expect(isRight).to.equal(false);
    expect(nobodyMs).to.be.greaterThan(10);
  });

  it('are not checked against a hash that is none', async () => {
    const problem = await verifyPassword('x', 'plain text').catch((error: unknown) => error);

    expect(problem).to.be.instanceOf(Error).and.not.instanceOf(Problem);
  });

  it('wait in a line that has an end', async () => {
    const attempts = Array.from({ length: 30 }, () => verifyPassword('x', undefined));

    const outcomes = await Promise.allSettled(attempts);

    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).to.have.lengthOf(13);
    expect(refused[0]).to.be.instanceOf(Problem).with.property('code', 'backlog-full');
    expect(await verifyPassword('x', undefined)).to.equal(false);
  }).timeout(60_000);

  it('are made up of letters and digits that nobody takes for others', () => {
    const made = Array.from({ length: 50 }, randomPassword);

    expect(new Set(made)).to.have.lengthOf(50);
    for (const password of made)
      expect(password).to.match(/^([a-hj-km-np-z2-9]{5}-){3}[a-hj-km-np-z2-9]{5}$/);
  });
});
