import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/**
 * Draws the icons: `node spk/icons/render.ts`, with Debian's Chromium. What comes out is kept beside the drawings, so that building the package
 * needs no browser.
 */
const FOLDER = import.meta.dirname;
const SIZES = [16, 24, 32, 48, 64, 72, 128, 256];
/** Up to here the fine drawing would be a blur. */
const SMALL_MAX = 32;

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
if (executablePath === undefined) throw new Error('Chromium is not installed (Debian: apt install chromium)');

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage();
for (const size of SIZES) {
  const drawing = readFileSync(
    join(FOLDER, size > SMALL_MAX ? 'dicomkeep.svg' : 'dicomkeep-small.svg'),
    'utf8',
  );
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>* { margin: 0 } svg { display: block; width: ${size}px; height: ${size}px }</style>${drawing}`,
  );
  writeFileSync(join(FOLDER, `dicomkeep_${size}.png`), await page.screenshot({ omitBackground: true }));
}
await browser.close();
