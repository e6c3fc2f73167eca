import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { TestServer } from './server.ts';

/** Ignored by git; for the eyes of whoever changed the page. */
const SCREENSHOTS = join(import.meta.dirname, '../screenshots');

/** Debian's browser, without what calls home: a build server has no way out. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const ACTION_TIMEOUT_MS = 40_000;

export type ColorScheme = 'light' | 'dark';

export interface Look {
  width: number;
  height?: number;
  colorScheme?: ColorScheme;
  locale?: string;
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ARGUMENTS });
}

/** A new browser profile that looks at the server's page; the certificate is a self-signed one. */
export async function openContext(
  browser: Browser,
  server: TestServer,
  { width, height = 900, colorScheme = 'light', locale = 'en-GB' }: Look = { width: 1280 },
): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: `https://127.0.0.1:${server.adminPort}`,
    ignoreHTTPSErrors: true,
    acceptDownloads: true,
    viewport: { width, height },
    colorScheme,
    locale,
    timezoneId: 'Europe/Paris',
  });
  context.setDefaultTimeout(ACTION_TIMEOUT_MS);
  return context;
}

export async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.goto('/');
  await page.locator('input[autocomplete="username"]').fill(name);
  await page.locator('input[autocomplete="current-password"]').fill(password);
  await page.locator('form button[type="submit"]').click();
  await page.locator('nav').first().waitFor();
}

export async function takeScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
