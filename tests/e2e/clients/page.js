// A browser for a test in another language. Standard input has one command per line, as JSON:
// [id, action, page, arguments]; the answer is [id, result] or [id, null, error]. Commands of
// different pages run side by side.
const { chromium } = require('playwright-core');
const readline = require('node:readline');

const pages = new Map();
let browser;

const actions = {
  async open(_, { id, width, height, scheme, motion }) {
    const context = await browser.newContext({
      colorScheme: scheme || 'light', reducedMotion: motion || 'no-preference',
      viewport: { width, height: height || 720 } });
    const page = await context.newPage(), problems = [], requests = [];
    page.on('console', (m) => m.type() === 'error' && problems.push(m.text()));
    page.on('pageerror', (e) => problems.push(e.stack));
    page.on('request', (r) => r.url().startsWith('data:') || requests.push(r.url()));
    pages.set(id, Object.assign(page, { problems, requests }));
  },
  goto: (page, { url }) => page.goto(url, { waitUntil: 'commit' }).then(() => null),
  run: (page, { code }) => page.evaluate(code),
  // The policy of the page forbids eval, which page.waitForFunction would need.
  async wait(page, { code, ms }) {
    for (const end = Date.now() + ms;;) {
      const found = await page.evaluate(code).catch((error) => {
        if (!/context was destroyed/.test(error.message)) throw error;  // it loads anew
      });
      if (found) return found;
      if (Date.now() > end) throw new Error(`not within ${ms} ms: ${code}\n` +
        await page.evaluate('document.body.innerText'));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  },
  press: async (page, { keys }) => { for (const key of keys) await page.keyboard.press(key); },
  type: (page, { text }) => page.keyboard.type(text),
  click: (page, { where }) => page.locator(where).first().click({ timeout: 5000 }),
  size: (page, { width, height }) => page.setViewportSize({ width, height }),
  back: (page) => page.goBack({ waitUntil: 'commit' }).then(() => null),
  forward: (page) => page.goForward({ waitUntil: 'commit' }).then(() => null),
  picture: (page, { path }) => page.screenshot({ path }).then(() => null),
  found: async (page) => ({ problems: page.problems, requests: page.requests }),
  close: (page) => page.context().close(),
};

async function obey(line) {
  const [id, action, page, more] = JSON.parse(line);
  try {
    const result = await actions[action](pages.get(page), more);
    console.log(JSON.stringify([id, result === undefined ? null : result]));
  } catch (error) {
    console.log(JSON.stringify([id, null, String(error.message)]));
  }
}

(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  console.log('ready');
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', obey);
  lines.on('close', async () => {
    await browser.close();
    process.exit(0);
  });
})();
