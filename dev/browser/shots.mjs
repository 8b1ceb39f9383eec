// Pictures of the admin pages for docs/, in both themes, of a service that has something to show: dev/demo's.
//   BROWSER_TOOLS=folder node shots.mjs SERVICE NAME PASSWORD FOLDER
import { browser, opened } from './chromium.mjs';

const [service, name, password, folder] = process.argv.slice(2);
const LISTS = ['usage', 'held', 'missing-hours', 'deliveries', 'settlements', 'corrections', 'invoices', 'letters', 'discrepancies',
  'prices', 'estimates', 'customers', 'resources', 'trail', 'people', 'tokens', 'settings'];

async function pictures(colorScheme) {
  const { page } = await opened(`${service}/admin/`, { viewport: { width: 1100, height: 700 }, colorScheme });
  const shot = title => page.screenshot({ path: `${folder}/${title}-${colorScheme}.jpeg`, type: 'jpeg', quality: 50 });
  const first = async (list, title) => {
    await page.goto(`${service}/admin/${list}/`);
    await page.locator('main tbody a').first().click();
    await shot(title);
  };
  await shot('sign-in');
  await page.fill('#name', name);
  await page.fill('#password', password);
  await page.click('main button');
  await page.waitForURL(`${service}/admin/`);
  await shot('overview');
  for (const list of LISTS) {
    await page.goto(`${service}/admin/${list}/`);
    await shot(list);
  }
  await first('usage', 'record');
  await first('deliveries', 'delivery');
  await first('customers', 'customer');
  await first('resources', 'resource');
  await page.click('text=Its month by the hour');
  await shot('month');
  await first('invoices', 'invoice');
  await page.locator('main table').last().locator('tbody a').nth(1).click();
  await shot('line');
  await page.goto(`${service}/admin/settings/`);
  await page.click('text=Could it bill right now?');
  await page.waitForSelector('.findings');
  await shot('check');
}

try {
  for (const scheme of ['light', 'dark']) await pictures(scheme);
} finally {
  await browser.close();
}
