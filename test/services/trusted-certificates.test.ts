import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { TrustedCertificates } from '../../src/services/trusted-certificates.ts';
import { type Made, madeCertificate } from '../helpers/tls-certificates.ts';
import { refusalOf } from '../storage/problems.ts';
import { memoryLog } from './fixtures.ts';

describe('TrustedCertificates', () => {
  let folder: string;
  let file: string;
  let authority: Made;
  let device: Made;
  before(async () => {
    authority = await madeCertificate('hospital', { isAuthority: true });
    device = await madeCertificate('ct', { validForMs: -60_000 });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-trusted-'));
    file = join(folder, 'trusted.pem');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (log = memoryLog()) => TrustedCertificates.open({ file, log });
  const fingerprintOf = ({ certificate }: Made) => new X509Certificate(certificate).fingerprint256;
  const isNotNeeded = () => undefined;

  it('are none at first, and no file is made for that', async () => {
    const trusted = await open();

    expect(trusted.count).to.equal(0);
    expect(trusted.list()).to.deep.equal([]);
    expect(existsSync(file)).to.equal(false);
  });

  it('are added, several at once and with what stands around them, told, and the same at the next start', async () => {
    const trusted = await open();
    let changes = 0;
    const end = trusted.onChange(() => changes++);

    const added = await trusted.add(`Bag\n${authority.certificate}\n${device.certificate}`);
    end();

    expect(changes).to.equal(1);
    expect(added.map(({ subject }) => subject)).to.deep.equal(['CN=hospital', 'CN=ct']);
    expect(trusted.list()).to.deep.equal(added);
    expect(trusted.pems()).to.have.lengthOf(2);
    expect(trusted.has(fingerprintOf(device))).to.equal(true);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const again = await open();
    expect(again.list()).to.deep.equal(added);
    expect(again.list()[1]?.validUntil, 'has expired, and is shown').to.be.lessThan(Date.now());
  });

  it('are taken once, and only as certificates: a key that is pasted with them is not kept', async () => {
    const trusted = await open();
    await trusted.add(device.certificate);

    expect(
      await trusted.add(`${device.privateKey}\n${device.certificate}\n${device.certificate}`),
    ).to.deep.equal([]);

    expect(trusted.count).to.equal(1);
    expect(readFileSync(file, 'utf8')).to.not.contain('PRIVATE KEY');
  });

  it('are refused in words where they cannot be read, are none, or are too many; those there were stay', async () => {
    const trusted = await open();
    await trusted.add(authority.certificate);
    const broken = device.certificate.replace(/\n[A-Za-z0-9+/]{10}/, '\nAAAAAAAAAA');

    expect(await refusalOf(trusted.add(''))).to.match(/^unusable-setting: no certificate in PEM form/);
    expect(await refusalOf(trusted.add(device.privateKey))).to.match(/no certificate in PEM form/);
    expect(await refusalOf(trusted.add(`${device.certificate}\n${broken}`))).to.equal(
      'unusable-setting: certificate 2 cannot be read',
    );
    const many = `${device.certificate}\n`.repeat(51);
    expect(await refusalOf(trusted.add(many))).to.equal(
      'unusable-setting: 51 certificates are more than the 50 that can be trusted',
    );

    expect(trusted.list().map(({ subject }) => subject)).to.deep.equal(['CN=hospital']);
    expect((await open()).count).to.equal(1);
  });

  it('are refused where nothing can be said of them, or their key is too short: those there were are still shown', async () => {
    const trusted = await open();
    await trusted.add(authority.certificate);
    const short = await madeCertificate('old', { keyType: 'rsa', keySize: 1024 });

    expect(await refusalOf(trusted.add(withBytes(device, KEY_ALGORITHM, '2a8648ce3d027f')))).to.equal(
      'unusable-setting: certificate 1 cannot be read',
    );
    expect(await refusalOf(trusted.add(withBytes(device, /(?<=170d)\d{4}/, '4141')))).to.equal(
      'unusable-setting: certificate 1 cannot be read',
    );
    expect(await refusalOf(trusted.add(short.certificate))).to.equal(
      'unusable-setting: the key of certificate 1 (CN=old) is too short: 1024 bits',
    );

    expect(trusted.list().map(({ subject }) => subject)).to.deep.equal(['CN=hospital']);
  });

  it('are refused in words where the disk takes no file, and those there were stay', async () => {
    // The draft beside it would have a name that is too long.
    const trusted = await TrustedCertificates.open({ file: join(folder, 'x'.repeat(255)), log: memoryLog() });

    expect(await refusalOf(trusted.add(device.certificate))).to.match(
      /^unusable-setting: the trusted certificates cannot be kept: ENAMETOOLONG/,
    );
    expect(trusted.count).to.equal(0);
  });

  it('are at most 50 also where they come one after the other', async () => {
    const trusted = await open();
    const made = await Promise.all(
      Array.from({ length: 51 }, (_, index) => madeCertificate(`device ${index}`)),
    );
    await trusted.add(
      made
        .slice(0, 50)
        .map(({ certificate }) => certificate)
        .join('\n'),
    );

    expect(await refusalOf(trusted.add(made[50]?.certificate ?? ''))).to.match(/^unusable-setting: 51 /);
    expect(trusted.count).to.equal(50);
  });

  it('are removed one by one, the last only where it is not needed', async () => {
    const trusted = await open();
    await trusted.add(`${authority.certificate}\n${device.certificate}`);
    const isNeeded = () => 'the last one stays';

    expect(await trusted.remove(fingerprintOf(device), isNeeded)).to.include({ subject: 'CN=ct' });
    expect(await trusted.remove(fingerprintOf(device), isNeeded)).to.equal(undefined);
    expect(await refusalOf(trusted.remove(fingerprintOf(authority), isNeeded))).to.equal(
      'unusable-setting: the last one stays',
    );
    expect(trusted.count).to.equal(1);
    expect(await trusted.remove(fingerprintOf(authority), isNotNeeded)).to.include({
      subject: 'CN=hospital',
    });
    expect((await open()).count).to.equal(0);
  });

  it('change one after the other, so that the file has what is in use', async () => {
    const trusted = await open();

    await Promise.all([
      trusted.add(authority.certificate),
      trusted.add(device.certificate),
      trusted.remove(fingerprintOf(authority), isNotNeeded),
    ]);

    expect((await open()).list()).to.deep.equal(trusted.list());
    expect(trusted.list().map(({ subject }) => subject)).to.deep.equal(['CN=ct']);
  });

  it('are none where the file is damaged, which is told and put aside', async () => {
    const damaged = [
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      `${authority.certificate}\n${device.certificate.replace('BEGIN', 'BEGIM')}\n`,
      '\0'.repeat(2000),
    ];
    for (const [index, text] of damaged.entries()) {
      writeFileSync(file, text);
      const log = memoryLog();

      const trusted = await open(log);

      expect(trusted.count).to.equal(0);
      expect(log.lines[0]).to.deep.include({
        level: 'error',
        message: 'trusted certificates not usable, nobody is trusted',
      });
      const aside = readdirSync(folder).filter((name) => name.startsWith('trusted.pem.unusable-'));
      expect(aside).to.have.lengthOf(index + 1);
    }
  });
});

/** id-ecPublicKey, RFC 5480 §2.1.1, in hex. */
const KEY_ALGORITHM = /2a8648ce3d0201/;

/** The certificate with other bytes in it, in hex; its signature is not right any more, which nobody looks at. */
function withBytes({ certificate }: Made, pattern: RegExp, bytes: string): string {
  const hex = new X509Certificate(certificate).raw.toString('hex');
  if (!pattern.test(hex)) throw new Error(`no ${pattern} in the certificate`);
  const base64 = Buffer.from(hex.replace(pattern, bytes), 'hex').toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}
