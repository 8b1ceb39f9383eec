// Opens what people open, in Chromium, as they do: the API's description with "try it out", and the API from a page of another
// origin. Any console error, any request that leaves the machine and any operation that cannot be seen is a failure.
//   node pages.mjs SERVICE TOKEN SHOTS   (SERVICE is http://127.0.0.1:PORT, SHOTS a folder for pictures)
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { browser, opened } from './chromium.mjs';

const [service, token, shots] = process.argv.slice(2);

async function description() {
  const document = await (await fetch(`${service}/api/schema/`)).json();
  const verbs = ['get', 'post', 'put', 'patch', 'delete'];
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    verbs.filter(verb => item[verb]).map(verb => `${verb.toUpperCase()} ${path}`));
  assert(operations.length > 50, 'the description is whole');

  const { page, wrong } = await opened(`${service}/api/docs/`);
  await page.waitForFunction(count => document.querySelectorAll('.opblock').length >= count, operations.length);
  const shown = await page.$$eval('.opblock', blocks => blocks.filter(block => block.getBoundingClientRect().height > 0).map(block =>
    `${block.querySelector('.opblock-summary-method').textContent} ${block.querySelector('.opblock-summary-path').dataset.path}`));
  assert.deepEqual(shown.sort(), operations.sort(), 'every operation is visible');
  assert(!(await page.textContent('body')).includes('Could not render'), 'every part of the page is drawn');
  await page.screenshot({ path: `${shots}/docs.png` });

  await page.click('.btn.authorize');
  const key = page.locator('.auth-container', { hasText: 'Authorization' }).first();
  await key.locator('input').fill(`Token ${token}`);
  await key.locator('button.authorize').click();
  await page.click('.auth-btn-wrapper .btn-done');
  const lists = page.locator('.opblock', { has: page.locator('[data-path="/api/invoices/"]') });
  await lists.locator('.opblock-summary-control').first().click();
  await lists.locator('button.try-out__btn').click();
  await lists.locator('button.execute').click();
  await lists.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  assert.match(await lists.locator('.live-responses-table').textContent(), /x-result-count: 1/);
  // A body with decimals is drawn too: there the page used to break.
  const push = page.locator('.opblock-post', { has: page.locator('[data-path="/api/usage-records/"]') });
  await push.locator('.opblock-summary-control').first().click();
  await push.locator('.model-example, .body-param').first().waitFor();
  await page.screenshot({ path: `${shots}/docs-tried.png` });
  assert.deepEqual(wrong, []);
  return `${operations.length} operations of the description are visible, and one was tried with a token`;
}

// A frontend is served from elsewhere: the browser asks first, and reads only what CORS lets it.
async function elsewhere() {
  const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<!doctype html><link rel="icon" href="data:,">'));
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const { page, wrong } = await opened(`http://localhost:${server.address().port}/`);
  const seen = await page.evaluate(async ([service, token]) => {
    const answer = await fetch(`${service}/api/invoices/?page_size=10`, { headers: { Authorization: `Token ${token}` } });
    const [invoice] = await answer.json();
    const sent = await fetch(`${invoice.url}send_notification/`, {
      method: 'POST', body: JSON.stringify({ link_template: `${location.origin}/billing/{uuid}/` }),
      headers: { Authorization: `Token ${token}`, 'Content-Type': 'application/json;charset=UTF-8' },
    }).catch(error => ({ status: `${error}` }));
    return { count: answer.headers.get('x-result-count'), link: answer.headers.get('link'), year: invoice.year, sent: sent.status };
  }, [service, token]);
  server.close();
  assert.equal(seen.count, '1');
  assert.match(seen.link, /rel="first"/);
  assert.equal(typeof seen.year, 'number');
  assert.equal(typeof seen.sent, 'number', `a POST from another origin is answered, not blocked: ${seen.sent}`);
  // The browser itself writes the refusal of the POST to its console.
  assert.deepEqual(wrong.filter(text => !text.includes('Failed to load resource')), []);
  return 'a page of another origin reads invoices with their headers, and posts';
}

try {
  for (const check of [description, elsewhere]) console.log(`-- ${await check()}`);
} finally {
  await browser.close();
}
