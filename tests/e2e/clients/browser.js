// A browser's EventSource: prints each message, of `times` connections one after the other.
const { chromium } = require('playwright-core');

(async () => {
  const [address, count] = [process.argv[2], Number(process.argv[3])];
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    const page = await browser.newPage();
    page.on('console', (message) => console.log(message.text()));
    await page.goto(`http://${address}/elections/app`);
    await page.evaluate((wanted) => new Promise((resolve) => {
      const events = new EventSource('/sse');
      let seen = 0;
      events.onmessage = (message) => {
        console.log(message.data);
        if (++seen === wanted) resolve(events.close());
      };
      events.onerror = () => console.log('error');
    }), count);
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
