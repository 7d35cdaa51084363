// Uses the status page in a browser as people do. page.js ADDRESS FOLDER SCHEME COUNT prints its
// findings as JSON lines, and puts screenshots into the folder. It reads a line from standard input
// before each check that needs a change outside.
const { chromium } = require('playwright-core');
const readline = require('node:readline');

const say = (what, found) => console.log(JSON.stringify([what, found]));

// The lowest contrast between any text on the page and its background.
function lowestContrast() {
  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const light = (c) => {
    const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  let lowest = [99, ''];
  for (const e of document.querySelectorAll('h1, #host, #sums li, #feed, .row span, input, dt, dd, li, small, code')) {
    if (!e.textContent.trim() || e.querySelector('span, small, i') || !e.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < lowest[0]) lowest = [contrast, e.textContent];
  }
  return lowest;
}

async function look(page, address, folder, scheme, count) {
  const bad = [];
  page.on('console', (m) => m.type() === 'error' && bad.push(m.text()));
  page.on('pageerror', (e) => bad.push(e.message));
  page.on('request', (r) => r.url().startsWith(`http://${address}/`) || r.url() === 'data:,' || bad.push(r.url()));
  await page.goto(`http://${address}/ui`);
  await page.getByRole('status').getByText('live').waitFor();
  await page.locator('#sums').getByText(`${count} elections`, { exact: true }).waitFor();
  await page.locator('#rows .row').first().waitFor();
  const total = Number(await page.getByRole('grid', { name: 'Elections' }).getAttribute('aria-rowcount')) - 1;
  say('total', total);
  say('rows', await page.locator('#rows .row').count());
  say('sums', await page.locator('#sums li').allInnerTexts());
  say('ground', await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  say('columns', await page.getByRole('columnheader').allInnerTexts());
  say('aligned', await page.evaluate(() => {
    const left = (row) => [...row.children].slice(0, 7).map((c) => Math.round(c.getBoundingClientRect().left));
    return [left(document.querySelector('#head')), left(document.querySelector('#rows .row'))];
  }));
  await page.screenshot({ path: `${folder}/${total}-${scheme}.png` });

  // With the keyboard only.
  await page.keyboard.press('/');
  say('slash', await page.evaluate(() => document.activeElement.id));
  await page.keyboard.type(`election-${total - 1}`);
  await page.locator('#sums').getByText(`1 of ${total}`).waitFor();
  await page.locator('#rows .row').nth(1).waitFor({ state: 'detached' });
  say('filtered', await page.locator('#rows .row .name').allInnerTexts());
  for (let i = 0; i < 20; ++i) await page.keyboard.press('Backspace');
  await page.keyboard.press('Escape');
  say('escape', await page.evaluate(() => document.activeElement.id));
  const begin = Date.now();
  await page.keyboard.press('End');
  await page.locator(`#row${total - 1}[aria-selected=true]`).waitFor();
  say('end_ms', Date.now() - begin);
  await page.locator('#scroll[aria-activedescendant]').waitFor();  // drawn in the next frame
  say('active', await page.locator('#scroll').getAttribute('aria-activedescendant'));
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'election-1', exact: true }).waitFor();
  say('focus', await page.evaluate(() => document.activeElement.getAttribute('aria-label')));
  say('contrast', await page.evaluate(lowestContrast));
  await page.screenshot({ path: `${folder}/${total}-${scheme}-more.png` });
  await page.keyboard.press('Escape');
  say('closed', await page.locator('#more').isHidden());

  say('ready', await page.locator('#row0 [role=gridcell]').nth(2).innerText());
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  await lines.next();
  await page.locator('#row0 .tag.leading').waitFor({ timeout: 60000 });
  const cells = page.locator('#row0 [role=gridcell]');
  await page.locator('#row0 .lease', { hasText: / s$/ }).waitFor();
  say('changed', [await cells.nth(2).innerText(), await cells.nth(4).innerText(),
                  await page.locator('#row0 .line i').count()]);
  say('bad', bad);
  say('change_seen', true);
  await lines.next();
  await page.getByText('no connection to the sidecar').waitFor({ timeout: 20000 });
  say('gone', await page.locator('#row0 [role=gridcell]').nth(4).innerText());
}

(async () => {
  const [address, folder, scheme, count] = process.argv.slice(2);
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width: 1280, height: 720 } });
    await look(page, address, folder, scheme, count);
  } finally {
    await browser.close();
  }
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
