import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { generate } from 'selfsigned';
import type { AdminContext } from '../helpers/admin.ts';
import { TEST_SETTINGS } from '../helpers/admin-parts.ts';
import { madeCertificate } from '../helpers/tls-certificates.ts';

export function settingsSuite(context: AdminContext): void {
  const told = (message: string) =>
    context.log.lines.filter((line) => line.message === message).map(({ fields }) => fields);

  it('shows the settings, and what only the configuration can change', async () => {
    const { status, body } = await context.viewer.get('/api/settings');

    expect(status).to.equal(200);
    expect(body.settings).to.deep.equal(TEST_SETTINGS);
    expect(body.fixed).to.have.all.keys('adminHost', 'adminPort', 'dimseHost', 'volumePath', 'database');
  });

  it('changes them: in force, in the catalogue, in the copy, and an event for each', async () => {
    const next = {
      ...TEST_SETTINGS,
      aeTitles: ['NORTH', 'DICOMKEEP'],
      language: 'ja',
      tls: { ...TEST_SETTINGS.tls, isEnabled: true, port: 2763 },
    };

    const changed = await context.admin.put('/api/settings', next);

    expect(changed.status).to.equal(200);
    expect(changed.body.settings).to.deep.equal(next);
    expect(context.parts.settings.current).to.deep.equal(next);
    expect((await context.parts.catalog.settings.get('settings'))?.value).to.deep.equal(next);
    expect(JSON.parse(readFileSync(join(context.dataDir, 'settings.json'), 'utf8'))).to.deep.equal(next);
    expect(told('setting changed').map(({ setting }) => setting)).to.deep.equal([
      'aeTitles',
      'tls.isEnabled',
      'tls.port',
      'language',
    ]);
    expect(told('setting changed')[0]).to.include({
      by: 'admin',
      address: '192.0.2.1',
      before: 'DICOMKEEP',
      after: 'NORTH, DICOMKEEP',
    });
  });

  it('says what would happen, and changes nothing', async () => {
    const next = { ...TEST_SETTINGS, aeTitles: ['NORTH'], unknownCallers: 'all', plainHttp: true };

    const { status, body } = await context.admin.post('/api/settings/check', next);

    expect(status).to.equal(200);
    expect(body.problems).to.deep.equal([]);
    expect(body.effects.map(({ effect }: { effect: string }) => effect)).to.deep.equal([
      'callers-need-new-ae-title',
      'ae-title-added',
      'calling-ae-title-changes',
      'unknown-callers-may-do-all',
      'plain-http-served',
    ]);
    expect((await context.viewer.get('/api/settings')).body.settings).to.deep.equal(TEST_SETTINGS);
  });

  it('refuses what cannot be, in words, and changes nothing', async () => {
    const onPage = { ...TEST_SETTINGS, language: 'fr', dimsePort: 8104 };

    const refused = await context.admin.put('/api/settings', onPage);
    expect(refused.status).to.be.within(400, 422);
    expect(refused.body).to.include({
      code: 'unusable-setting',
      detail: 'port 8104 is that of the admin page',
    });
    const checked = await context.admin.post('/api/settings/check', onPage);
    expect(checked.body.problems).to.deep.equal([
      { path: 'dimsePort', message: 'port 8104 is that of the admin page' },
    ]);
    for (const wrong of [
      { aeTitles: [] },
      { aeTitles: ['A', 'A'] },
      { dimsePort: 65_536 },
      { language: 'de' },
      { x: 1 },
      // As a page of an earlier version sends it, which would change what it does not know.
      { tls: { isEnabled: true, port: 2763 } },
      { userIdentity: undefined },
    ]) {
      const answer = await context.admin.put('/api/settings', { ...TEST_SETTINGS, ...wrong });
      expect(answer.status, JSON.stringify(wrong)).to.equal(400);
    }
    expect(context.parts.settings.current).to.deep.equal(TEST_SETTINGS);
    expect(told('setting changed')).to.deep.equal([]);
  });

  it('shows the certificate, takes another, and goes back to a self-signed one', async () => {
    const before = (await context.viewer.get('/api/certificate')).body;
    const made = await generate([{ name: 'commonName', value: 'pacs.example' }], {
      keyType: 'ec',
      algorithm: 'sha256',
    });

    const replaced = await context.admin.put('/api/certificate', {
      certificate: made.cert,
      privateKey: made.private,
    });
    expect(replaced.status).to.equal(200);
    expect(replaced.body).to.include({ subject: 'CN=pacs.example', isSelfSigned: true });
    const refused = await context.admin.put('/api/certificate', {
      certificate: made.cert,
      privateKey: 'none',
    });
    expect(refused.body).to.include({ code: 'unusable-setting' });
    expect((await context.viewer.get('/api/certificate')).body).to.deep.equal(replaced.body);
    const reset = await context.admin.delete('/api/certificate');

    expect(reset.status).to.equal(200);
    expect(reset.body.names).to.include('localhost');
    expect(told('certificate changed')).to.have.lengthOf(2);
    expect(told('certificate changed')[0]?.['before']).to.contain(before.sha256Fingerprint);
    expect(JSON.stringify(context.log.lines)).to.not.contain('PRIVATE KEY');
  });

  it('trusts certificates, lists them and trusts them no longer, with an event for each', async () => {
    const authority = await madeCertificate('hospital', { isAuthority: true });
    const device = await madeCertificate('ct');
    const path = '/api/trusted-certificates';

    const added = await context.admin.post(path, {
      certificates: `${authority.certificate}\n${device.certificate}`,
    });
    expect(added.status).to.equal(200);
    expect(added.body.items.map(({ subject }: { subject: string }) => subject)).to.deep.equal([
      'CN=hospital',
      'CN=ct',
    ]);
    const refused = await context.admin.post(path, { certificates: device.privateKey });
    expect(refused.body).to.include({ code: 'unusable-setting' });
    const fingerprint = added.body.items[1].sha256Fingerprint;
    expect((await context.admin.delete(`${path}/${fingerprint}`)).status).to.equal(204);
    expect((await context.admin.delete(`${path}/${fingerprint}`)).status).to.equal(404);
    expect((await context.admin.delete(`${path}/ct`)).status).to.equal(400);

    expect((await context.admin.get(path)).body.items).to.deep.equal(added.body.items.slice(0, 1));
    expect((await context.viewer.get(path)).status).to.equal(403);
    expect(told('certificate trusted').map(({ by, after }) => `${by} ${after}`)).to.deep.equal(
      added.body.items.map(
        (one: { subject: string; sha256Fingerprint: string }) =>
          `admin ${one.subject} ${one.sha256Fingerprint}`,
      ),
    );
    expect(told('certificate distrusted')[0]?.['before']).to.equal(`CN=ct ${fingerprint}`);
  });

  it('requires certificates only while one is trusted, and keeps the last while they are required', async () => {
    const tls = { ...TEST_SETTINGS.tls, isEnabled: true, clientCertificates: 'required' };
    const required = { ...TEST_SETTINGS, tls };
    const refused = await context.admin.put('/api/settings', required);
    expect(refused.body).to.include({ code: 'unusable-setting' });
    expect(refused.body.detail).to.contain('no certificate is trusted');

    const { certificate } = await madeCertificate('hospital', { isAuthority: true });
    const added = await context.admin.post('/api/trusted-certificates', { certificates: certificate });
    expect((await context.admin.put('/api/settings', required)).status).to.equal(200);
    const path = `/api/trusted-certificates/${added.body.items[0].sha256Fingerprint}`;
    const kept = await context.admin.delete(path);

    expect(kept.body.detail).to.equal(
      'the last trusted certificate stays while callers by TLS must show one',
    );
    expect((await context.admin.put('/api/settings', TEST_SETTINGS)).status).to.equal(200);
    expect((await context.admin.delete(path)).status).to.equal(204);
  });
}
