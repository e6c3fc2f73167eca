import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { dataSetOffsetOf } from '../../src/dicom/file-meta.ts';
import { openBrowser, openContext, signIn } from '../helpers/browser.ts';
import { sha256Of } from '../helpers/corpus.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { makeInstance } from '../helpers/stand-ins.ts';
import { zipEntriesOf } from '../helpers/unzip.ts';
import {
  freePort,
  run,
  type Storescp,
  startStorescp,
  sumsOf,
  sumsOfAll,
  writeFile,
} from '../interop/tools.ts';

const STUDY = '2.25.515151';
/** The last one stays. */
const LANGUAGES = [
  { name: '日本語', tag: 'ja', overview: '概要' },
  { name: '简体中文', tag: 'zh-CN', overview: '概览' },
  { name: 'Français', tag: 'fr', overview: 'Aperçu' },
  { name: 'English', tag: 'en', overview: 'Overview' },
];
const LANGUAGE_BUTTON = /^(Language|Langue|语言|言語)/;

/** What the owner of a new archive does in the first hour, in a real browser, with DCMTK at the other end. */
describe('The page, in the hands of its owner', () => {
  const folder = temporaryFolder('browser');
  const instances = ['1', '2', '3'].map((number) =>
    makeInstance({
      path: `image ${number} of a study`,
      with: {
        StudyInstanceUID: STUDY,
        SeriesInstanceUID: `${STUDY}.1`,
        InstanceNumber: number,
        PatientID: 'BROWSER-1',
      },
    }),
  );
  let server: TestServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** Of DICOM, now. */
  let port: number;

  before(async () => {
    port = await freePort();
    server = await startServer({ env: { DICOMKEEP_DIMSE_PORT: String(port) } });
    browser = await openBrowser();
    context = await openContext(browser, server);
    page = await context.newPage();
  });
  after(async () => {
    await browser.close();
    await server.stop();
    removeFolder(server.dataDir);
    removeFolder(folder);
  });

  it('asks for name and password before it shows anything, and remembers who has signed in', async () => {
    await page.goto('/studies');
    await page.getByRole('heading', { name: 'Sign in to Dicomkeep' }).waitFor();

    await signIn(page, 'admin', server.adminPassword);

    await page.goto('/peers');
    await page.getByRole('heading', { name: 'Peers', exact: true }).waitFor();
  });

  it('changes the AE title and the port: echoscu gets through on the new ones and no longer on the old', async () => {
    const newPort = await freePort();
    await page.goto('/settings');
    await page.getByLabel('AE title 1').fill('RADIOLOGY');
    await page.getByLabel('DICOM port').fill(String(newPort));
    await page.getByRole('button', { name: 'Review and save' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`DICOM moves from port ${server.port} to ${newPort}`).waitFor();

    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The settings are saved and in force.').waitFor();

    port = newPort;
    expect((await echo('RADIOLOGY', newPort)).status).to.equal(0);
    expect((await echo('DICOMKEEP', newPort)).status).to.not.equal(0);
    expect((await echo('DICOMKEEP', server.port)).status).to.not.equal(0);
  });

  it('names a port that is taken before it is saved, and the old one goes on', async () => {
    const taken = await startStorescp(join(folder, 'taken'), []);
    try {
      await page.goto('/settings');
      await page.getByLabel('DICOM port').fill(String(taken.port));
      await page.getByRole('button', { name: 'Review and save' }).click();

      await page.getByText(`port ${taken.port}`).first().waitFor();

      expect((await echo('RADIOLOGY', port)).status).to.equal(0);
    } finally {
      await taken.stop();
    }
  });

  it('adds an unknown caller, whose next association is accepted', async () => {
    const options = ['-S', '-aet', 'WORKSTATION', '-aec', 'RADIOLOGY', '-k', 'QueryRetrieveLevel=STUDY'];
    const find = () =>
      run('findscu', ['-v', ...options, '-k', 'StudyInstanceUID', '127.0.0.1', String(port)]);
    expect((await find()).output).to.match(/0x0?124/);
    await page.goto('/peers');
    const caller = page.getByRole('listitem').filter({ hasText: 'WORKSTATION' });
    await caller.getByRole('button', { name: 'Add' }).click();
    const drawer = page.getByRole('dialog');
    await drawer.getByLabel('Port').fill('11113');

    await drawer.getByRole('button', { name: 'Add peer' }).click();

    await page.getByRole('row').filter({ hasText: 'WORKSTATION' }).waitFor();
    await caller.waitFor({ state: 'detached' });
    expect((await find()).output).to.match(/Success/);
  });

  it('says in words why a peer does not answer', async () => {
    await page.goto('/peers');
    const row = page.getByRole('row').filter({ hasText: 'WORKSTATION' });
    await row.getByRole('button', { name: 'Test' }).click();

    await page.getByText('127.0.0.1 is there, but nothing listens on port 11113').waitFor();
  });

  it('finds a study that was stored a second ago, and shows its picture', async () => {
    await page.goto('/studies');
    await page.getByText('No study has arrived yet').waitFor();
    const files = instances.map((instance) => writeFile(join(folder, 'sent'), instance));
    const { status } = await run('storescu', [
      '-R',
      '-aec',
      'RADIOLOGY',
      '-aet',
      'CT1',
      '127.0.0.1',
      String(port),
      ...files,
    ]);
    expect(status).to.equal(0);

    await page.getByLabel('Search studies').fill('brows');
    await page.locator('a.study-link').first().click();

    const picture = page.locator('img[src*="/preview"]').first();
    await picture.waitFor();
    const widthPixels = await picture.evaluate(async (element) => {
      const image = element as unknown as { decode(): Promise<void>; naturalWidth: number };
      await image.decode();
      return image.naturalWidth;
    });
    expect(widthPixels).to.be.greaterThan(0);
  });

  it('downloads a study as a ZIP of the very bytes that came', async () => {
    await page.goto(`/studies/${STUDY}`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download study' }).click(),
    ]);

    const zip = readFileSync(await download.path());

    const hashes = zipEntriesOf(zip).map(({ bytes }) => sha256Of(bytes.subarray(dataSetOffsetOf(bytes))));
    expect(hashes.sort()).to.deep.equal(instances.map(({ dataSet }) => sha256Of(dataSet())).sort());
  });

  it('sends a study to a peer, which has it then', async () => {
    const destination = await startStorescp(join(folder, 'received'), ['+xa']);
    try {
      await addPeer('DESTINATION', destination);
      await page.goto(`/studies/${STUDY}`);
      await page.getByRole('button', { name: 'Send…' }).first().click();
      const dialog = page.getByRole('dialog').filter({ hasText: 'Send to a peer' });
      await dialog
        .getByLabel('Peer', { exact: true })
        .selectOption({ label: `DESTINATION (127.0.0.1:${destination.port})` });
      await dialog.getByRole('button', { name: 'Send', exact: true }).click();

      await page.getByText('Sent', { exact: true }).first().waitFor();

      expect(sumsOf(destination.folder)).to.deep.equal(sumsOfAll(instances));
    } finally {
      await destination.stop();
    }
  });

  it('tells in Activity who was refused and why, and who changed what', async () => {
    await page.goto('/activity');

    await page.getByText('RADIOLOGY').first().waitFor();
    const text = await page.locator('main').textContent();

    expect(text).to.match(/WORKSTATION/);
    expect(text).to.match(/CT1 sent/);
    expect(text).to.match(/DICOMKEEP/);
  });

  it('speaks four languages, and remembers which one was chosen', async () => {
    for (const { name, tag, overview } of LANGUAGES) {
      await page.goto('/');
      await page.getByRole('button', { name: LANGUAGE_BUTTON }).click();
      await page.getByRole('menuitemradio', { name }).click();
      await page.getByRole('heading', { name: overview, exact: true }).waitFor();

      await page.reload();

      await page.getByRole('heading', { name: overview, exact: true }).waitFor();
      expect(await page.locator('html').getAttribute('lang')).to.equal(tag);
    }
  });

  it('lets a viewer look, and change nothing', async () => {
    await page.goto('/settings/accounts');
    await page.getByRole('button', { name: 'Add account' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('technician');
    await dialog.getByLabel('Password', { exact: true }).fill('a quiet afternoon');
    await dialog.getByLabel('Role').selectOption('viewer');
    await dialog.getByRole('button', { name: 'Add account' }).click();
    await page.getByText('The account technician is there.').waitFor();
    const other = await openContext(browser, server);
    const viewer = await other.newPage();
    try {
      await signIn(viewer, 'technician', 'a quiet afternoon');

      await viewer.goto('/peers');
      await viewer.getByRole('row').filter({ hasText: 'WORKSTATION' }).waitFor();
      expect(await viewer.getByRole('button', { name: /Add peer|Test|Dismiss/ }).count()).to.equal(0);
      await viewer.goto('/settings');
      await viewer.getByText('Only administrators may change settings.').waitFor();
      expect(await viewer.getByLabel('DICOM port').isDisabled()).to.equal(true);
      await viewer.goto(`/studies/${STUDY}`);
      await viewer.getByRole('link', { name: 'Download study' }).waitFor();
      expect(await viewer.getByRole('button', { name: 'Send…' }).count()).to.equal(0);
      const statuses = await viewer.evaluate(async () => {
        const session = await (await fetch('/api/session')).json();
        const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrfToken };
        const put = await fetch('/api/settings', { method: 'PUT', headers, body: '{}' });
        const remove = await fetch('/api/peers/1', { method: 'DELETE', headers });
        return [put.status, remove.status];
      });
      expect(statuses).to.deep.equal([403, 403]);
    } finally {
      await other.close();
    }
  });

  it('makes whoever guesses a password wait', async () => {
    const other = await openContext(browser, server);
    const guesser = await other.newPage();
    try {
      await guesser.goto('/');
      for (let attempt = 0; attempt < 6; attempt++) {
        await guesser.getByLabel('User name').fill('admin');
        await guesser.getByLabel('Password').fill(`wrong guess number ${attempt}`);
        const answer = guesser.waitForResponse((response) => response.request().method() === 'POST');
        await guesser.getByRole('button', { name: 'Sign in' }).click();
        await answer;
      }

      await guesser
        .getByRole('alert')
        .filter({ hasText: /wait|again|seconds|too many/i })
        .first()
        .waitFor();
    } finally {
      await other.close();
    }
  });

  async function echo(called: string, at: number) {
    return await run('echoscu', ['-aec', called, '127.0.0.1', String(at)]);
  }

  async function addPeer(aeTitle: string, { port: peerPort }: Storescp): Promise<void> {
    await page.goto('/peers');
    await page.getByRole('button', { name: 'Add peer' }).first().click();
    const drawer = page.getByRole('dialog');
    await drawer.getByLabel('AE title').fill(aeTitle);
    await drawer.getByLabel('IP address or host name').fill('127.0.0.1');
    await drawer.getByLabel('Port').fill(String(peerPort));
    await drawer.getByRole('button', { name: 'Add peer' }).click();
    await page.getByRole('row').filter({ hasText: aeTitle }).waitFor();
  }
});
