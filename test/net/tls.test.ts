import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { EchoScu } from '../../src/net/echo.ts';
import { TlsClient } from '../../src/net/tls-client.ts';
import type { EchoResult } from '../../src/services/echo.ts';
import type { Settings } from '../../src/services/settings.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { type Made, madeCertificate } from '../helpers/tls-certificates.ts';
import { fixedCertificate, handshake, TestTrust } from '../helpers/tls-peer.ts';

const WITH_RSA = [
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-CHACHA20-POLY1305',
];
const TLS_13 = ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'];
/** Without forward secrecy; with keys of a finite field; without authenticated encryption. */
const WEAK = ['AES128-GCM-SHA256', 'DHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-SHA256', 'AES128-SHA'];

describe('DICOM over TLS', () => {
  let rsa: Made;
  let ec: Made;
  let authority: Made;
  let acceptor: TestAcceptor;
  const sockets: TLSSocket[] = [];

  before(async () => {
    rsa = await madeCertificate('archive', { keyType: 'rsa' });
    ec = await madeCertificate('archive', { names: ['localhost'] });
    authority = await madeCertificate('hospital', { isAuthority: true });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await acceptor.close();
  });

  async function listen(
    own: Made,
    tls: Partial<Settings['tls']> = {},
    trust = new TestTrust(),
  ): Promise<void> {
    const settings = { tls: { ...PLAIN_SETTINGS.tls, isEnabled: true, port: 0, ...tls } };
    acceptor = new TestAcceptor(fixedCertificate(own), settings, trust);
    expect(await acceptor.listeners.open(acceptor.settings.current)).to.deep.equal([]);
  }

  async function connected(options: ConnectionOptions): Promise<TLSSocket> {
    const socket = await handshake(acceptor.portOf('dimse-tls'), options);
    sockets.push(socket);
    return socket;
  }

  /** What was agreed on, or that nothing was. */
  async function suiteWith(options: ConnectionOptions): Promise<string> {
    return connected(options).then(
      (socket) => socket.getCipher().name,
      () => 'refused',
    );
  }

  /** A suite of TLS 1.2, without the client's own scruples. */
  const tls12 = (suite: string): ConnectionOptions => ({
    ciphers: `${suite}:@SECLEVEL=0`,
    maxVersion: 'TLSv1.2',
  });

  const failures = () => acceptor.handshakesFailed.map(([, words]) => words);

  for (const profile of ['bcp195', 'modified-bcp195'] as const) {
    describe(`by the profile ${profile} (PS3.15 §B.${profile === 'bcp195' ? 12 : 13})`, () => {
      it('prefers TLS 1.3, and takes each of its suites with authenticated encryption', async () => {
        await listen(rsa, { profile });

        expect((await connected({})).getProtocol()).to.equal('TLSv1.3');
        for (const suite of TLS_13) expect(await suiteWith({ ciphers: suite })).to.equal(suite);
      });

      it('takes TLS 1.2 with forward secrecy and authenticated encryption, and no weaker suite (RFC 9325 §4)', async () => {
        await listen(rsa, { profile });

        for (const suite of WITH_RSA) expect(await suiteWith(tls12(suite))).to.equal(suite);
        for (const suite of WEAK) expect(await suiteWith(tls12(suite)), suite).to.equal('refused');
        await wait(20);
        expect(failures()).to.deep.equal(
          WEAK.map(() => 'TLS handshake failed: the caller has none of our cipher suites'),
        );
      });

      it('takes an elliptic curve certificate of its own as well', async () => {
        await listen(ec, { profile });

        const suite = 'ECDHE-ECDSA-AES128-GCM-SHA256';
        expect(await suiteWith(tls12(suite))).to.equal(suite);
        expect(await suiteWith({ ciphers: 'TLS_AES_128_GCM_SHA256' })).to.equal('TLS_AES_128_GCM_SHA256');
      });

      for (const version of ['TLSv1', 'TLSv1.1'] as const) {
        it(`refuses ${version} in words (RFC 8996)`, async () => {
          await listen(rsa, { profile });

          const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
          expect(await suiteWith(old)).to.equal('refused');
          await wait(20);
          expect(failures()).to.deep.equal([
            'TLS handshake failed: the caller has only versions older than TLS 1.2',
          ]);
        });
      }

      it('negotiates no connection anew, and resumes none (RFC 9325 §3.4, §3.5)', async () => {
        await listen(rsa, { profile });
        let session: Buffer | undefined;
        const first = await connected({ maxVersion: 'TLSv1.2' });
        first.on('session', (one) => {
          session = one;
        });

        const anew = new Promise<Error | null>((resolve) => {
          first.renegotiate({}, resolve);
          first.once('close', () => resolve(new Error('closed')));
        });

        expect(await anew).to.be.instanceOf(Error);
        const options = session === undefined ? {} : { session };
        expect((await connected({ maxVersion: 'TLSv1.2', ...options })).isSessionReused()).to.equal(false);
        const third = await connected({});
        third.on('session', (one) => {
          session = one;
        });
        await wait(50);
        const again = await connected(session === undefined ? {} : { session });
        expect(again.isSessionReused()).to.equal(false);
      });

      it('speaks DICOM alone where the caller names protocols (ALPN, RFC 9325 §3.7)', async () => {
        await listen(rsa, { profile });

        expect((await connected({ ALPNProtocols: ['http/1.1', 'dicom'] })).alpnProtocol).to.equal('dicom');
        expect((await connected({})).alpnProtocol).to.equal(false);
        expect(await suiteWith({ ALPNProtocols: ['http/1.1'] })).to.equal('refused');
        await wait(20);
        expect(failures()).to.deep.equal([
          'TLS handshake failed: the caller wants another protocol than DICOM (ALPN)',
        ]);
      });
    });
  }

  it('takes the key exchange groups of RFC 9325 §4.4 by bcp195, and those of 256 bits or more by modified-bcp195', async () => {
    const group = async (ecdhCurve: string) => (await suiteWith({ ecdhCurve })) !== 'refused';

    await listen(rsa);
    for (const one of ['X25519', 'P-256', 'P-384', 'P-521']) expect(await group(one), one).to.equal(true);
    await acceptor.close();
    await listen(rsa, { profile: 'modified-bcp195' });
    for (const one of ['P-256', 'P-384', 'P-521']) expect(await group(one), one).to.equal(true);
    expect(await group('X25519')).to.equal(false);
  });

  it('takes suites with CCM by modified-bcp195 alone', async () => {
    const ccm = ['TLS_AES_128_CCM_SHA256'];
    await listen(ec);
    for (const suite of ccm) expect(await suiteWith({ ciphers: suite })).to.equal('refused');
    expect(await suiteWith(tls12('ECDHE-ECDSA-AES128-CCM'))).to.equal('refused');
    await acceptor.close();
    await listen(ec, { profile: 'modified-bcp195' });
    for (const suite of ccm) expect(await suiteWith({ ciphers: suite })).to.equal(suite);
    expect(await suiteWith(tls12('ECDHE-ECDSA-AES128-CCM'))).to.equal('ECDHE-ECDSA-AES128-CCM');
  });

  it('tells in words of who calls the TLS port without TLS, and of who calls the other with it', async () => {
    await listen(rsa);
    const call = (port: number, useTls: boolean) => echoOf({ port, useTls });

    expect((await call(acceptor.portOf('dimse-tls'), false)).outcome).to.be.oneOf([
      'tls-failed',
      'not-dicom',
    ]);
    expect((await call(acceptor.portOf('dimse'), true)).outcome).to.equal('tls-failed');

    await wait(20);
    expect(failures()).to.deep.equal([
      'TLS handshake failed: the caller does not speak TLS: it may be set to call without',
    ]);
    const rejected = acceptor.observer.told.filter(([method]) => method === 'associationRejected');
    expect(String(rejected.at(-1)?.at(-1))).to.contain('TLS');
  });

  describe('with client certificates required', () => {
    let trust: TestTrust;
    beforeEach(async () => {
      trust = new TestTrust(authority);
      await listen(ec, { clientCertificates: 'required' }, trust);
    });

    /** Whether an association may be requested, with this certificate. */
    async function isServed(client: Made | undefined, version: 'TLSv1.2' | 'TLSv1.3'): Promise<boolean> {
      const shown = client === undefined ? {} : { cert: client.certificate, key: client.privateKey };
      try {
        const socket = await connected({ ...shown, minVersion: version, maxVersion: version });
        await Promise.race([once(socket, 'close'), wait(100)]);
        return !socket.destroyed;
      } catch {
        return false;
      }
    }

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`serves who shows a certificate that a trusted one has signed, by ${version}`, async () => {
        expect(await isServed(await madeCertificate('ct', { by: authority }), version)).to.equal(true);
        expect(failures()).to.deep.equal([]);
      });

      it(`serves who shows a certificate that is trusted itself, be it self-signed or of an unknown authority, by ${version}`, async () => {
        const unknown = await madeCertificate('unknown', { isAuthority: true });
        const signed = await madeCertificate('mr', { by: unknown });
        const alone = await madeCertificate('us');
        trust.set(signed, alone);

        expect(await isServed(signed, version)).to.equal(true);
        expect(await isServed(alone, version)).to.equal(true);
        expect(await isServed(await madeCertificate('xa', { by: unknown }), version)).to.equal(false);
      });

      it(`turns away who shows none, or none that counts, and says which and why, by ${version}`, async () => {
        const unknown = await madeCertificate('unknown', { isAuthority: true });
        const expired = await madeCertificate('old', { by: authority, validForMs: -60_000 });
        const namesake = await madeCertificate('hospital', { isAuthority: true });

        expect(await isServed(undefined, version)).to.equal(false);
        expect(await isServed(await madeCertificate('mr', { by: unknown }), version)).to.equal(false);
        expect(await isServed(await madeCertificate('us'), version)).to.equal(false);
        expect(await isServed(expired, version)).to.equal(false);
        expect(await isServed(await madeCertificate('xa', { by: namesake }), version)).to.equal(false);

        const [none, stranger, alone, old, forged] = failures();
        expect(none).to.equal('TLS handshake failed: no certificate was shown');
        expect(stranger).to.equal(
          'TLS handshake failed: the certificate of CN=mr was signed by nobody who is trusted',
        );
        expect(alone).to.equal(
          'TLS handshake failed: the certificate of CN=us is self-signed and not trusted',
        );
        expect(old).to.equal(
          'TLS handshake failed: the certificate of CN=old has expired, or one that it was signed by',
        );
        expect(forged).to.match(/^TLS handshake failed: the certificate of CN=xa /);
        expect(acceptor.acceptor.associations).to.equal(0);
      });
    }

    it('serves an expired one not even where it is trusted itself', async () => {
      const expired = await madeCertificate('old', { validForMs: -60_000 });
      trust.set(expired);

      expect(await isServed(expired, 'TLSv1.3')).to.equal(false);
      expect(failures()[0]).to.contain('CN=old has expired');
    });

    it('turns away from the next call on whose certificate is trusted no longer; what is open goes on', async () => {
      const client = await madeCertificate('ct', { by: authority });
      const open = await connected({ cert: client.certificate, key: client.privateKey });
      await wait(20);

      trust.set();

      expect(await isServed(client, 'TLSv1.3')).to.equal(false);
      expect(open.destroyed).to.equal(false);
      trust.set(authority);
      expect(await isServed(client, 'TLSv1.3')).to.equal(true);
    });
  });

  describe('calling others', () => {
    it('shows our certificate to who asks for one', async () => {
      await listen(ec, { clientCertificates: 'required' }, new TestTrust(rsa));

      expect(await echoOf({ own: rsa })).to.include({ outcome: 'ok' });
      const refused = await echoOf({ own: ec });
      expect(refused).to.include({ outcome: 'tls-failed' });
      expect(refused.advice).to.contain('trusts our certificate');
    });

    it('takes whatever certificate there is unless peers are verified', async () => {
      await listen(await madeCertificate('old', { validForMs: -60_000 }));

      expect(await echoOf({})).to.include({ outcome: 'ok' });
    });

    it('takes a verified one that is signed by a trusted one, or is trusted itself, and no other', async () => {
      const verifyPeers = true;
      await listen(await madeCertificate('archive', { by: authority }));
      expect(await echoOf({ verifyPeers, trust: new TestTrust(authority) })).to.include({ outcome: 'ok' });
      const unknown = await echoOf({ verifyPeers, trust: new TestTrust(rsa) });
      expect(unknown).to.include({ outcome: 'tls-failed' });
      expect(unknown.words).to.contain(
        'TLS: the certificate of CN=archive was signed by nobody who is trusted',
      );
      await acceptor.close();

      await listen(ec);
      expect(await echoOf({ verifyPeers, trust: new TestTrust(ec) })).to.include({ outcome: 'ok' });
      const alone = await echoOf({ verifyPeers, trust: new TestTrust(authority) });
      expect(alone.words).to.contain('CN=archive is self-signed and not trusted');
      expect((await echoOf({ verifyPeers })).outcome, 'nobody is trusted').to.equal('tls-failed');
      await acceptor.close();

      await listen(await madeCertificate('old', { by: authority, validForMs: -60_000 }));
      const old = await echoOf({ verifyPeers, trust: new TestTrust(authority) });
      expect(old.words).to.contain('CN=old has expired');
    });

    it('wants the name by which a peer is called in a verified certificate, unless that is trusted itself', async () => {
      const verifyPeers = true;
      const other = await madeCertificate('archive', { by: authority, names: ['pacs.example.org'] });
      await listen(other);
      const byName = (trust: TestTrust) => echoOf({ verifyPeers, trust, host: 'localhost' });

      expect((await byName(new TestTrust(authority))).words).to.contain('CN=archive is not for that name');
      expect((await byName(new TestTrust(other))).outcome).to.equal('ok');
      const byAddress = await echoOf({ verifyPeers, trust: new TestTrust(authority) });
      expect(byAddress.outcome, 'by address').to.equal('ok');
      await acceptor.close();
      await listen(await madeCertificate('archive', { by: authority, names: ['localhost'] }));
      expect((await byName(new TestTrust(authority))).outcome).to.equal('ok');
    });
  });

  interface EchoOptions {
    port?: number;
    host?: string;
    useTls?: boolean;
    own?: Made;
    trust?: TestTrust;
    verifyPeers?: boolean;
  }

  async function echoOf(options: EchoOptions): Promise<EchoResult> {
    const { own = rsa, trust = new TestTrust(), verifyPeers = false, useTls = true } = options;
    const { host = '127.0.0.1', port = acceptor.portOf('dimse-tls') } = options;
    const echo = new EchoScu({
      callingAeTitle: () => 'OURS',
      pduBytesMax: 131_072,
      tls: new TlsClient({
        certificates: fixedCertificate(own),
        trusted: trust,
        settings: { current: { tls: { ...PLAIN_SETTINGS.tls, verifyPeers } } },
      }),
    });
    return echo.run({ aeTitle: 'DICOMKEEP', host, port, useTls });
  }
});
