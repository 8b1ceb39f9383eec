// Debian's Chromium, driven by playwright-core; what goes wrong on a page is kept with it.
import { createRequire } from 'node:module';

const tools = createRequire(`${process.env.BROWSER_TOOLS}/`);
const { chromium } = tools('playwright-core');

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

// Where a file of an npm package is.
export const file = path => tools.resolve(path);

// A page of a context of its own at an address, and what went wrong on it.
export async function opened(address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('console', message => message.type() === 'error' && wrong.push(`console: ${message.text()} (${page.url()})`));
  page.on('pageerror', error => wrong.push(`error: ${error.message}`));
  page.on('dialog', dialog => { wrong.push(`a script ran: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', request => {
    const host = new URL(request.url()).hostname;
    if (!['127.0.0.1', 'localhost', ''].includes(host)) wrong.push(`leaves the machine: ${request.url()}`);
  });
  await page.goto(address);
  return { page, wrong, context };
}
