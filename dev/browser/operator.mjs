// An operator's day on the compiled program and a real Kill Bill, in two parts: `held`, to find why hours are not billed and to
// see them go when it is mended; `billed`, to open the invoice's line down to the hour, and the PDF.
//   node operator.mjs SERVICE NAME PASSWORD PART
import assert from 'node:assert/strict';
import { browser, opened } from './chromium.mjs';

const [service, name, password, part] = process.argv.slice(2);
const { page, wrong, context } = await opened(`${service}/admin/`);
await page.fill('#name', name);
await page.fill('#password', password);
await page.click('main form button');
await page.waitForURL(`${service}/admin/`);

// The page shows the present; so it is asked again until it does.
async function until(text) {
  for (let tries = 0; !(await page.textContent('main')).includes(text); tries += 1) {
    assert(tries < 600, `${page.url()} never says ${text}: ${await page.textContent('main')}`);
    await page.waitForTimeout(100);
    await page.reload();
  }
}

async function why() {
  await until('some usage waits for a person');
  await page.click('ol.steps >> text=Held');
  assert.equal(await page.locator('tbody tr').count(), 24, 'the hours that are held');
  await page.locator('tbody tr a').first().click();
  const facts = await page.textContent('dl.facts');
  assert.match(facts, /unknown-resource/);
  assert.match(facts, /Register the resource/);
  return 'an hour says why it is not billed, and what to do';
}

async function mended() {
  await page.click('nav >> text=Held');
  await page.click('text=Look at all of them again');
  await page.click('main form button.act');
  await until('Nothing is held.');
  await page.click('nav >> text=Deliveries');
  await until('verified');
  await page.locator('tbody tr a').first().click();
  assert.match(await page.textContent('main'), /201/, "Kill Bill's answer is there");
  return 'what was held went to Kill Bill and is verified there';
}

async function billed() {
  await page.click('nav >> text=Invoices');
  await until('balanced');
  await page.locator('tbody tr a').first().click();
  const invoice = page.url();
  await page.locator('table').last().locator('tbody tr a').first().click();
  assert.match(await page.textContent('h1'), /adds up/);
  assert.equal(await page.locator('table tbody tr').count(), 24, 'every hour stands behind the line');
  await page.locator('table tbody tr a').first().click();
  assert.match(await page.textContent('h1'), /billed/);
  const pdf = await context.request.get(`${invoice}pdf/`);
  assert.equal(pdf.headers()['content-type'], 'application/pdf');
  assert.match((await pdf.body()).toString('latin1', 0, 8), /^%PDF-/);
  return 'the line opens down to the hour, and the document is there';
}

try {
  const parts = { held: [why], mended: [mended], billed: [billed] }[part];
  for (const check of parts) console.log(`-- ${await check()}`);
  assert.deepEqual(wrong, []);
} finally {
  await browser.close();
}
