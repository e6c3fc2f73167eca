import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { expect } from 'chai';
import { generate } from 'selfsigned';
import { Certificates } from '../../src/services/certificates.ts';
import { refusalOf } from '../storage/problems.ts';
import { memoryLog } from './fixtures.ts';

const DAY_MS = 86_400_000;

interface Made {
  cert: string;
  private: string;
}

async function made(name: string, options: Parameters<typeof generate>[1] = {}): Promise<Made> {
  return generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256', ...options });
}

describe('Certificates', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-tls-'));
    file = join(folder, 'tls/server.pem');
  });
  after(() => rmSync(folder, { recursive: true }));

  const open = (log = memoryLog()) => Certificates.open({ file, log });

  it('are a self-signed one at first, kept for us alone and the same at the next start', async () => {
    const certificates = await open();
    const { certificate, privateKey } = certificates.current();

    const described = certificates.describe();
    expect(described.isSelfSigned).to.equal(true);
    expect(described.names).to.include.members(['localhost', '127.0.0.1']);
    expect(described.validUntil - Date.now()).to.be.within(3650 * DAY_MS, 3654 * DAY_MS);
    expect(described.validFrom).to.be.at.most(Date.now());
    expect(described.sha256Fingerprint).to.match(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(() => createSecureContext({ cert: certificate, key: privateKey })).not.to.throw();
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect((await open()).describe()).to.deep.equal(described);
  });

  it("are replaced by the owner's, and tell so", async () => {
    const certificates = await open();
    let changes = 0;
    const end = certificates.onChange(() => changes++);
    const ours = await made('pacs.example');

    await certificates.replace(`Bag Attributes\n${ours.cert}`, ours.private);
    end();

    expect(changes).to.equal(1);
    expect(certificates.describe()).to.include({ subject: 'CN=pacs.example', issuer: 'CN=pacs.example' });
    expect((await open()).describe().subject).to.equal('CN=pacs.example');
  });

  it('are refused in words where they cannot be used, and those there were stay', async () => {
    const certificates = await open();
    const before = certificates.describe();
    const [one, other] = [await made('one'), await made('other')];
    const old = await made('old', {
      notBeforeDate: new Date(Date.now() - 2 * DAY_MS),
      notAfterDate: new Date(Date.now() - DAY_MS),
    });
    const refusals: [certificate: string, privateKey: string, words: RegExp][] = [
      ['', one.private, /no certificate in PEM form/],
      [one.private, one.private, /no certificate in PEM form/],
      [one.cert, '', /no private key in PEM form/],
      [one.cert, other.private, /the private key is not that of the first certificate \(CN=one\)/],
      [`${one.cert}\n${other.cert}`, one.private, /certificate 2 \(CN=other\) did not issue certificate 1/],
      [old.cert, old.private, /has expired on /],
      [
        '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
        one.private,
        /certificate 1 cannot be read/,
      ],
      [one.cert, one.private.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'), /the private key cannot be read/],
      [`${one.cert}\n`.repeat(11), one.private, /a chain of 11 certificates is longer than 10/],
    ];

    for (const [certificate, privateKey, words] of refusals) {
      const refusal = await refusalOf(certificates.replace(certificate, privateKey));
      expect(refusal)
        .to.match(/^unusable-setting: /)
        .and.match(words);
      expect(refusal).to.not.contain('PRIVATE KEY-----\n');
    }
    expect(certificates.describe()).to.deep.equal(before);
    expect((await open()).describe()).to.deep.equal(before);
  });

  it('are refused where TLS itself refuses them, and made anew where such a one is in the file', async () => {
    const certificates = await open();
    const weak = await made('weak', { keyType: 'rsa', keySize: 512 });

    expect(await refusalOf(certificates.replace(weak.cert, weak.private))).to.match(
      /^unusable-setting: TLS does not take the certificate: /,
    );

    writeFileSync(file, `${weak.private}\n${weak.cert}\n`);
    const { certificate, privateKey } = (await open()).current();
    expect(() => createSecureContext({ cert: certificate, key: privateKey })).not.to.throw();
    expect(readdirSync(join(folder, 'tls')).filter((name) => name.includes('.unusable-'))).to.have.lengthOf(
      1,
    );
  });

  it('are refused where no handshake of ours, or of a browser, could use their key', async () => {
    const certificates = await open();
    const before = certificates.describe();

    for (const [kind, { certificate, privateKey }] of Object.entries(UNSERVED)) {
      expect(await refusalOf(certificates.replace(certificate, privateKey)), kind).to.equal(
        `unusable-setting: a key that is ${kind} serves nobody: RSA, or one of the curves P-256, P-384, P-521`,
      );
    }
    expect(certificates.describe()).to.deep.equal(before);
  });

  it('are made, and the one in the file stays, where that cannot be read', async () => {
    const place = join(folder, 'unreadable');
    // A folder can be read by nobody, not even by root.
    mkdirSync(place);
    const log = memoryLog();

    const certificates = await Certificates.open({ file: place, log });

    expect(certificates.describe().isSelfSigned).to.equal(true);
    expect(statSync(place).isDirectory()).to.equal(true);
    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      'certificate not usable, a new one is made',
    ]);
  });

  it('are made, and not kept, where the disk takes no file', async () => {
    // The draft beside it would have a name that is too long.
    const place = join(folder, 'x'.repeat(255));
    const log = memoryLog();

    const certificates = await Certificates.open({ file: place, log });

    expect(certificates.describe().isSelfSigned).to.equal(true);
    expect(log.lines.map(({ message }) => message)).to.deep.equal(['certificate not kept']);
    expect(await refusalOf(certificates.reset())).to.match(
      /^unusable-setting: the certificate cannot be kept: ENAMETOOLONG/,
    );
  });

  it('are replaced one after the other, so that the file has what is in use', async () => {
    const certificates = await open();
    const all = await Promise.all(['one', 'two', 'three', 'four'].map((name) => made(name)));

    await Promise.all(all.map((one) => certificates.replace(one.cert, one.private)));

    expect(certificates.describe().subject).to.equal('CN=four');
    expect((await open()).describe()).to.deep.equal(certificates.describe());
  });

  it('go back to a self-signed one', async () => {
    const certificates = await open();
    const before = certificates.describe().sha256Fingerprint;

    await certificates.reset();

    expect(certificates.describe().names).to.include('localhost');
    expect(certificates.describe().sha256Fingerprint).to.not.equal(before);
  });

  it('are made anew where the file is damaged, with a word in the log that does not repeat the key', async () => {
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 900));
    const log = memoryLog();

    const certificates = await open(log);

    expect(certificates.describe().isSelfSigned).to.equal(true);
    expect(log.lines[0]).to.include({ level: 'error', message: 'certificate not usable, a new one is made' });
    expect(JSON.stringify(log.lines)).to.not.contain('BEGIN PRIVATE');
  });
});

/** By what is said of the key: certificates of openssl, valid for a hundred years. */
const UNSERVED = {
  ed25519: {
    certificate: `-----BEGIN CERTIFICATE-----
MIIBOjCB7aADAgECAhRCbgWp1t4kTO7Zi/JXPlFIyiXkODAFBgMrZXAwEjEQMA4G
A1UEAwwHZWQyNTUxOTAgFw0yNjExMjIwNDU5NTBaGA8yMTI2MTAyOTA0NTk1MFow
EjEQMA4GA1UEAwwHZWQyNTUxOTAqMAUGAytlcAMhAIJiIu2Fjh+Kvs/Op+HgjBbQ
q+d6ozAF34npkCWHonMxo1MwUTAdBgNVHQ4EFgQUbLAvysgjMUNiV6hvw0g8vh2j
sewwHwYDVR0jBBgwFoAUbLAvysgjMUNiV6hvw0g8vh2jsewwDwYDVR0TAQH/BAUw
AwEB/zAFBgMrZXADQQD95BsAvaSpX/nmwWyABx+qdl2Q0y/iujjeFqbnL1j/C/gh
qDx+a3u+YFsnu7YIUQA5fVTh1xr7HNWYND45vcgP
-----END CERTIFICATE-----`,
    privateKey: `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIGfBc/Y7p5vY+QSLR9UYGjVjAK+XY9A4qiw3uzOl2KqY
-----END PRIVATE KEY-----`,
  },
  'of the curve secp224r1': {
    certificate: `-----BEGIN CERTIFICATE-----
MIIBYjCCARCgAwIBAgIUFCbhBXO2JkaoeOqTequ0m2VYsGAwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEcDIyNDAgFw0yNjExMjIwNDU5NTBaGA8yMTI2MTAyOTA0NTk1
MFowDzENMAsGA1UEAwwEcDIyNDBOMBAGByqGSM49AgEGBSuBBAAhAzoABARh7vNu
S/iHy3tTuHIcAWbyNi9P4fTu+t1teHKj5cdPru5/cYQ1Hlp3wAbCnMMsV609dw+l
TiOLo1MwUTAdBgNVHQ4EFgQUrWqUMS9xlcHvQd4S01XRZbVU8qwwHwYDVR0jBBgw
FoAUrWqUMS9xlcHvQd4S01XRZbVU8qwwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjO
PQQDAgNAADA9Ah0AjunOv2ABzcuqr1Cc7NREYXmmbAVs5TZEHDLsbAIcSpF9Zu2a
J+KPdlExKDJqwxKjCcjG3Vl/cFy8EA==
-----END CERTIFICATE-----`,
    privateKey: `-----BEGIN EC PRIVATE KEY-----
MGgCAQEEHKDTMnDD149DjFOgPid4Qf9Ci1LqPfQyb16HXiSgBwYFK4EEACGhPAM6
AAQEYe7zbkv4h8t7U7hyHAFm8jYvT+H07vrdbXhyo+XHT67uf3GENR5ad8AGwpzD
LFetPXcPpU4jiw==
-----END EC PRIVATE KEY-----`,
  },
};
