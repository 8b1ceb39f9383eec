// The admin pages in Chromium: every page in both themes, and what operators do, with and without scripts, by keyboard and on a
// phone; and what others would have their browsers do. Any violation of axe-core's rules or of HTML is a failure.
//   node admin.mjs SERVICE STAFF SUPPORT PASSWORD SHOTS   (SHOTS a folder for pictures and for the pages' HTML)
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { browser, file, opened } from './chromium.mjs';

const [service, staff, support, password, shots] = process.argv.slice(2);
const axe = readFileSync(file('axe-core/axe.min.js'), 'utf8');
const pages = `${shots}/html`;
rmSync(pages, { recursive: true, force: true });
mkdirSync(pages, { recursive: true });

async function signedIn(options, name = staff) {
  const visit = await opened(`${service}/admin/`, options);
  await visit.page.fill('#name', name);
  await visit.page.fill('#password', password);
  await visit.page.click('main form button');
  await visit.page.waitForURL(`${service}/admin/`);
  return visit;
}

// One page of each kind: uuids and filters do not make another.
const kind = path => path.replace(/[0-9a-f]{32}/g, 'one').replace(/\?.*/, '').replace(/^\/admin\/|\/$/g, '').replace(/\//g, '-') || 'overview';

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.flatMap(rule => rule.nodes.map(node =>
    `${rule.impact} ${rule.id} ${node.target} :: ${node.failureSummary.replace(/\s+/g, ' ')}`));
}

async function everyPage(colorScheme) {
  const { page, wrong } = await signedIn({ colorScheme });
  const seen = new Map([['overview', '/admin/'], ['sign-in', '/admin/sign-in/']]);
  const bad = [];
  for (const [name, path] of seen) {
    const answer = await page.goto(service + path);
    assert(answer.ok(), `${path} answers ${answer.status()}`);
    bad.push(...(await violations(page)).map(text => `${colorScheme} ${path}: ${text}`));
    if (colorScheme === 'light') writeFileSync(`${pages}/${name}.html`, await answer.body());
    await page.screenshot({ path: `${shots}/admin-${name}-${colorScheme}.png` });
    for (const link of await page.$$eval('a[href]', links => links.map(link => link.href))) {
      const { origin, pathname, search } = new URL(link);
      const found = pathname + search;
      if (origin === service && found.startsWith('/admin/') && !/pdf\/|format=csv/.test(found) && !seen.has(kind(found))) seen.set(kind(found), found);
    }
  }
  assert.deepEqual([...wrong, ...bad], []);
  assert(seen.size > 30, `only ${seen.size} pages were found`);
  return `${seen.size} pages in the ${colorScheme} theme, without a violation`;
}

async function html() {
  const files = readdirSync(pages).map(name => `${pages}/${name}`);
  const jar = file('vnu-jar/build/dist/vnu.jar');
  execFileSync('java', ['-jar', jar, '--Werror', '--format', 'gnu', ...files], { stdio: 'inherit' });
  return `the HTML of ${files.length} pages is valid`;
}

// Chooses a group of hours, sees what it comes to, approves it; the same with and without scripts.
async function approval(javaScriptEnabled) {
  const { page } = await signedIn({ javaScriptEnabled });
  if (javaScriptEnabled) assert.equal(await page.getAttribute('html', 'data-script'), 'on');
  await page.click('nav >> text=To approve');
  const waiting = page.locator('tr', { hasText: 'waiting' }).first();
  await waiting.locator('input[name=select]').check();
  await page.click('button:has-text("Approve")');
  assert.match(await page.textContent('h1'), /Approve\?/);
  await page.click('main form button.act');
  assert.match(await page.textContent('[role=status]'), /Approve: 1 done\./);
  return `a group of hours is approved with scripts ${javaScriptEnabled ? 'on' : 'off'}`;
}

async function byKeyboard() {
  const { page } = await opened(`${service}/admin/`);
  await page.keyboard.type(staff);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${service}/admin/`);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'To the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  // From the content to the first step of the way, and into it.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/admin\/usage\/\?state=held/);
  return 'by keyboard alone one signs in, skips to the content and opens what is held';
}

async function onAPhone() {
  const { page } = await signedIn({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  const paths = ['', 'usage/', 'held/', 'invoices/', 'deliveries/', 'corrections/', 'customers/', 'trail/', 'tokens/'];
  for (const path of paths) {
    await page.goto(`${service}/admin/${path}`);
    const wide = await page.evaluate(() => [...document.querySelectorAll('body *')].filter(node => !node.closest('.scroll, nav, .quiet, .skip') &&
      node.getBoundingClientRect().right > 361).map(node => `${node.tagName} ${node.className}`));
    assert.deepEqual(wide, [], `${path} is wider than the phone`);
    await page.screenshot({ path: `${shots}/phone-${path.replace('/', '') || 'overview'}.png` });
  }
  return `${paths.length} pages fit 360 pixels`;
}

async function lookingOnly() {
  const { page } = await signedIn({}, support);
  await page.click('nav >> text=To approve');
  assert.equal(await page.locator('input[name=select], main form.chosen').count(), 0, 'nothing can be chosen');
  const answer = await page.goto(`${service}/admin/held/do/examine/`);
  assert.equal(answer.status(), 403);
  assert.match(await page.textContent('h1'), /may look at everything, but not act/);
  return 'a support user looks, and is told that he may not act';
}

// A page of another site: a frame around ours, and a form that goes to us by itself.
async function fromElsewhere() {
  const { page, context } = await signedIn();
  const evil = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(`<!doctype html><title>evil</title>
    <iframe src="${service}/admin/tokens/"></iframe>
    <form method="post" action="${service}/admin/people/"><input name="name" value="mallory"><input name="role" value="staff"><input name="password" value="${password}"></form>`));
  await new Promise(done => evil.listen(0, '127.0.0.1', done));
  const other = await context.newPage();
  await other.goto(`http://localhost:${evil.address().port}/`);
  const [frame] = other.frames().slice(1);
  assert.equal(await frame.locator('h1:has-text("Tokens")').count(), 0, 'nobody frames a page of ours');
  await other.evaluate(() => document.forms[0].submit());
  await other.waitForURL(`${service}/**`);
  evil.close();
  await page.goto(`${service}/admin/people/`);
  assert(!(await page.textContent('main')).includes('mallory'), 'nobody was let in');
  return 'a frame and a form of another site do nothing';
}

async function ended() {
  const { page, context } = await signedIn();
  await page.click('nav >> text=To approve');
  const waiting = page.locator('tr', { hasText: 'waiting' }).first();
  await waiting.locator('input[name=select]').check();
  await page.click('button:has-text("Decline")');
  await page.fill('textarea', 'agreed on the phone');
  await context.clearCookies({ name: 'ncb_session' });
  await page.click('main form button.act');
  await page.fill('#name', staff);
  await page.fill('#password', password);
  await page.click('main form button');
  assert.equal(await page.inputValue('textarea'), 'agreed on the phone', 'what was typed is there again');
  return 'a session that ends in the middle of a form loses nothing that was typed';
}

const checks = [() => everyPage('light'), () => everyPage('dark'), html, ended, () => approval(true), () => approval(false), byKeyboard, onAPhone,
  lookingOnly, fromElsewhere];
try {
  for (const check of checks) console.log(`-- ${await check()}`);
} finally {
  await browser.close();
}
