// @ts-check
'use strict';

/**
 * Takes the picture of the chat page that the README shows: `npm run screenshot`. Needs Chromium, as the
 * tests in `__test__/browser` do.
 */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { launch } = require('./support.js');
const { reservePort } = require('../helpers/ports.js');
const { ROOT } = require('../../scripts/run.js');

const FILE = path.join(ROOT, 'docs/images/chat.png');

/** Who says what. */
const TALK = [
  ['Ada', 'Is this one server for all of us?'],
  ['Grace', 'One process, and the network on a thread of its own.'],
  ['Linus', 'Restart it: we all come back by ourselves.'],
  ['Ada', 'So we do.'],
];

/** Long enough for some round trips to be seen, in ms. */
const MEASURE = 45000;

async function main() {
  const port = String(await reservePort());
  const file = path.join(ROOT, 'examples/hello/server.js');
  const server = spawn(process.execPath, [file], { env: { ...process.env, PORT: port } });
  const browser = await launch();
  try {
    await once(server.stdout, 'data');
    /** @type {Map<string, import('playwright-core').Page>} */
    const pages = new Map();
    for (const name of ['Grace', 'Linus', 'Ada']) {
      const context = await browser.newContext({ viewport: { width: 960, height: 560 }, deviceScaleFactor: 2 });
      const page = await context.newPage();
      await page.goto(`http://localhost:${port}/`);
      await page.getByLabel('Your name').fill(name);
      await page.getByLabel('Your name').press('Enter');
      await page.locator('#state').filter({ hasText: 'connected as' }).waitFor();
      pages.set(name, page);
    }
    const shown = /** @type {import('playwright-core').Page} */ (pages.get('Ada'));
    for (const [name, text] of TALK) {
      const field = pages.get(name)?.getByLabel('Message');
      await field?.fill(text);
      await field?.press('Enter');
      await shown.getByText(text).waitFor();
    }
    await shown.waitForTimeout(MEASURE);
    fs.mkdirSync(path.dirname(FILE), { recursive: true });
    await shown.screenshot({ path: FILE });
  } finally {
    await browser.close();
    server.kill();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
