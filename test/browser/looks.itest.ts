import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type ColorScheme, openBrowser, openContext, signIn, takeScreenshot } from '../helpers/browser.ts';
import { removeFolder, startServer, type TestServer } from '../helpers/server.ts';
import { WebClient } from '../helpers/web-client.ts';
import { fill, STUDY } from './filling.ts';

interface View {
  name: string;
  path: string;
  /** What is there when it is. */
  ready: string;
  /** Done when the page is there. */
  open?(page: Page): Promise<void>;
}

const VIEWS: readonly View[] = [
  { name: 'overview', path: '/', ready: '.overview-version' },
  { name: 'studies', path: '/studies', ready: '.study-link' },
  { name: 'study', path: `/studies/${STUDY}`, ready: '.series-toggle', open: openSeries },
  { name: 'attributes', path: `/studies/${STUDY}`, ready: '.series-toggle', open: openAttributes },
  { name: 'peers', path: '/peers', ready: '.peers .table' },
  { name: 'peer', path: '/peers', ready: '.peers .table', open: openPeer },
  { name: 'activity', path: '/activity', ready: '.event', open: openEvents },
  { name: 'settings-dicom', path: '/settings/dicom', ready: '.ae-title' },
  { name: 'settings-security', path: '/settings/security', ready: '.certificate' },
  { name: 'settings-accounts', path: '/settings/accounts', ready: '.settings .table' },
  { name: 'settings-tokens', path: '/settings/tokens', ready: '.settings .table, .settings .empty-state' },
  { name: 'settings-about', path: '/settings/about', ready: '.settings .key-value' },
];

const WIDTHS = [360, 1024, 1600];
const SCHEMES: readonly ColorScheme[] = ['dark', 'light'];
/** Beside English, in which all widths are looked at. */
const LANGUAGES = ['zh-CN', 'ja', 'fr'];
const AXE_LOOKS = [
  { width: 360, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
] as const;

/** Put into the page by the debugger, which its Content-Security-Policy does not concern. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Nothing is on its way any more: no sign of loading, all pictures in sight are drawn, and what moves for a moment has come to its place. */
const IS_SETTLED = `!document.querySelector('.loading, .picture-coming') &&
  document.getAnimations().every(({ effect }) => effect.getComputedTiming().endTime === Infinity) &&
  [...document.images].every((image) => image.complete || image.loading === 'lazy')`;
const SETTLE_LOOK_MS = 50;
const SETTLE_LOOKS_MAX = 400;
const SIDEWAYS = 'document.documentElement.scrollWidth - innerWidth';
/** What is fixed to the window does not make the page wider, and is cut off. */
const BEYOND = `[...document.querySelectorAll('dialog[open]')].some((dialog) => {
  const { left, right } = dialog.getBoundingClientRect();
  return left < 0 || right > innerWidth;
})`;
const CLIPPED = `[...document.querySelectorAll('button, a.button')]
  .filter((button) => button.clientWidth > 0 && button.scrollWidth > button.clientWidth)
  .map((button) => button.textContent + ' ' + button.className)`;
const FOCUSED = `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()`;

describe('The page, looked at', () => {
  let server: TestServer;
  let browser: Browser;
  let cookies: Awaited<ReturnType<BrowserContext['cookies']>>;
  const openContexts: BrowserContext[] = [];

  before(async () => {
    server = await startServer();
    const web = await WebClient.signIn(server);
    await web.post('/api/users', { name: 'anna', password: 'a quiet afternoon', role: 'viewer' });
    await fill(server, web);
    browser = await openBrowser();
    const context = await openContext(browser, server);
    await signIn(await context.newPage(), 'admin', server.adminPassword);
    cookies = await context.cookies();
    await context.close();
  });
  afterEach(async () => {
    await Promise.all(openContexts.splice(0).map((context) => context.close()));
  });
  after(async () => {
    await browser.close();
    await server.stop();
    removeFolder(server.dataDir);
  });

  for (const width of WIDTHS) {
    it(`fits ${width} px, and says nothing on the console, light or dark`, async () => {
      const { page, complaints } = await openPage({ width });
      const misfits: string[] = [];
      for (const view of VIEWS) {
        await show(page, view);
        misfits.push(...(await misfitsOf(page, view)));
        await takeInBothSchemes(page, `${view.name}-${width}`);
      }

      expect(misfits).to.deep.equal([]);
      expect(complaints).to.deep.equal([]);
    });
  }

  for (const language of LANGUAGES) {
    it(`fits 360 px in ${language}, too`, async () => {
      const { page } = await openPage({ width: 360, language });
      const misfits: string[] = [];
      for (const view of VIEWS) {
        await show(page, view);
        misfits.push(...(await misfitsOf(page, view)));
        await takeScreenshot(page, `${view.name}-360-${language}`);
      }

      expect(misfits).to.deep.equal([]);
    });
  }

  for (const look of AXE_LOOKS) {
    it(`has nothing that axe-core finds fault with, ${look.width} px, ${look.colorScheme}`, async () => {
      const { page } = await openPage(look);
      const faults: string[] = [];
      for (const view of VIEWS) {
        await show(page, view);
        faults.push(...(await faultsOf(page)).map((fault) => `${view.name}: ${fault}`));
      }
      const { page: login } = await openPage({ ...look, isSignedIn: false });
      await login.locator('.login-card').waitFor();
      faults.push(...(await faultsOf(login)));

      expect(faults).to.deep.equal([]);
    });
  }

  it('asks for name and password on every width', async () => {
    const { page, complaints } = await openPage({ width: 1024, isSignedIn: false });
    await page.locator('.login-card').waitFor();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await takeInBothSchemes(page, `login-${width}`);

      expect(await page.evaluate<number>(SIDEWAYS)).to.be.at.most(0);
    }
    // That nobody has signed in, the page learns from the server.
    expect(complaints.filter((text) => !/\b401\b/.test(text))).to.deep.equal([]);
  });

  it('says once on the overview that the first password is still in use', async () => {
    const { page } = await openPage({ width: 1024, isSignedIn: false });
    await signIn(page, 'anna', 'a quiet afternoon');
    await page.locator('.overview-version').waitFor();
    const button = page.locator('main').getByRole('button', { name: 'Change password' });
    await button.waitFor();

    expect(await button.count()).to.equal(1);

    await button.click();
    await page.getByRole('dialog').getByLabel('Current password').waitFor();
    await page.keyboard.press('Escape');
    await goTo(page, '/studies');
    await page.locator('.banners').getByRole('button', { name: 'Change password' }).waitFor();
  });

  it('leads from the warning of conflicts to the conflicts, and from there to the study', async () => {
    const { page } = await openPage({ width: 1024 });
    await page.locator('.state-line li').filter({ hasText: 'came again' }).getByRole('link').click();
    await page.locator('.event').first().waitFor();

    expect(await page.locator('.event').count()).to.equal(1);

    await page.locator('.event-study').click();
    await page.getByRole('dialog').getByText('1 image came again with other contents').waitFor();
  });

  it('opens a series at its middle, which is what its small picture shows', async () => {
    const { page } = await openPage({ width: 1024 });
    await goTo(page, `/studies/${STUDY}`);
    await page.locator('.series-toggle').click();
    await page.locator('.instance[aria-selected="true"]').waitFor();

    expect(await page.locator('.instance[aria-selected="true"] .instance-number').textContent()).to.equal(
      '4',
    );
  });

  it('is walked through by the Tab key in the order in which it is read', async () => {
    const { page } = await openPage({ width: 1280 });
    const names: string[] = [];
    await goTo(page, '/peers');
    await page.locator('.peers .table').waitFor();
    for (let step = 0; step < 30; step++) {
      await page.keyboard.press('Tab');
      names.push(await page.evaluate<string>(FOCUSED));
      const outline = await page.evaluate<string>(
        "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement, '::after').outlineStyle",
      );
      expect(outline, names.at(-1)).to.match(/solid|auto/);
    }

    const main = [
      'Skip to content',
      'Overview',
      'Studies',
      'Peers',
      'Activity',
      'Settings',
      'Add peer',
      'CT1',
    ];
    const found = main.map((name) => names.findIndex((one) => one.startsWith(name)));
    expect(found, names.join(', ')).to.not.include(-1);
    expect(found.toSorted((one, other) => one - other)).to.deep.equal(found);
  });

  it('gives the focus back to what opened a dialog, whichever way it is closed', async () => {
    const { page } = await openPage({ width: 1280 });
    await goTo(page, '/peers');
    const opener = page.locator('.link-button').filter({ hasText: 'CT1' });
    const dialog = page.getByRole('dialog');

    await opener.focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    expect(
      await page.evaluate<boolean>("document.querySelector('dialog').contains(document.activeElement)"),
    ).to.equal(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate<string>(FOCUSED)).to.equal('CT1');

    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Cancel' }).press('Enter');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate<string>(FOCUSED)).to.equal('CT1');

    await page.keyboard.press('Enter');
    await dialog.getByLabel('Note').fill('CT, room 4');
    await dialog.getByLabel('Port').press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('CT, room 4').waitFor();
    expect(await page.evaluate<string>(FOCUSED)).to.equal('CT1');
  });

  it('closes the dialog over a drawer first, and gives the focus back into the drawer', async () => {
    const { page } = await openPage({ width: 1280 });
    await goTo(page, '/peers');
    await page.locator('.link-button').filter({ hasText: 'CT1' }).click();
    const remove = page.getByRole('button', { name: 'Remove' });
    await remove.first().press('Enter');
    await page.getByText('Remove CT1?').waitFor();

    await page.keyboard.press('Escape');

    await page.getByText('Remove CT1?').waitFor({ state: 'detached' });
    expect(await page.locator('dialog[open]').count()).to.equal(1);
    expect(await page.evaluate<string>(FOCUSED)).to.equal('Remove');
  });

  async function openPage(look: {
    width: number;
    colorScheme?: ColorScheme;
    language?: string;
    isSignedIn?: boolean;
  }): Promise<{ page: Page; complaints: string[] }> {
    const { language, isSignedIn = true, ...rest } = look;
    const context = await openContext(browser, server, rest);
    openContexts.push(context);
    if (isSignedIn) await context.addCookies(cookies);
    if (language !== undefined)
      await context.addInitScript(`localStorage.setItem('dicomkeep.language', ${JSON.stringify(language)})`);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto('/');
    return { page, complaints };
  }
});

async function show(page: Page, view: View): Promise<void> {
  await goTo(page, view.path);
  await page.locator(view.ready).first().waitFor();
  await view.open?.(page);
  await settle(page);
}

async function settle(page: Page): Promise<void> {
  for (let look = 0; !(await page.evaluate<boolean>(IS_SETTLED)); look++) {
    if (look === SETTLE_LOOKS_MAX) throw new Error(`${page.url()} does not come to rest`);
    await page.waitForTimeout(SETTLE_LOOK_MS);
  }
}

async function takeInBothSchemes(page: Page, name: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    // Or colours would still be on their way from dark to light.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await takeScreenshot(page, `${name}-${colorScheme}`);
  }
}

/** As a link of the page does, so that the page need not be loaded for each view. What is open is closed by it. */
async function goTo(page: Page, path: string): Promise<void> {
  const move = (to: string) =>
    `history.pushState(null, '', '${to}'); dispatchEvent(new PopStateEvent('popstate'))`;
  await page.evaluate(move('/nowhere'));
  await page.evaluate(move(path));
}

async function openSeries(page: Page): Promise<void> {
  await page.locator('.series-toggle').first().click();
  await page.locator('.instance-facts').waitFor();
}

async function openAttributes(page: Page): Promise<void> {
  await openSeries(page);
  await page.locator('.instance-facts .actions button').first().click();
  await page.locator('.attribute').first().waitFor();
}

async function openPeer(page: Page): Promise<void> {
  await page.locator('.peers .table .link-button').last().click();
  await page.getByRole('dialog').waitFor();
}

async function openEvents(page: Page): Promise<void> {
  for (const toggle of (await page.locator('.event-toggle').all()).slice(0, 2)) await toggle.click();
}

/** What does not fit: the page into the window, or words into their button. */
async function misfitsOf(page: Page, { name }: View): Promise<string[]> {
  const isWide = await page.evaluate<boolean>(`${SIDEWAYS} > 0`);
  const isBeyond = await page.evaluate<boolean>(BEYOND);
  const clipped = await page.evaluate<string[]>(CLIPPED);
  return [
    ...(isWide ? ['scrolls sideways'] : []),
    ...(isBeyond ? ['a dialog is cut off'] : []),
    ...clipped,
  ].map((fault) => `${name}: ${fault}`);
}

async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return await page.evaluate<string[]>(
    `axe.run(document).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + failureSummary)))`,
  );
}
