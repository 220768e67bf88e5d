// @ts-check
'use strict';

/** The page of `examples/rooms/catching-up.js` in headless Chromium: what was said meanwhile comes later, once and in order. */

const { after, before, describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { reservePort } = require('../helpers/ports');
const { delay } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { launch, Cable } = require('./support');

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('../process/support/scene').Scene} Scene */

const SERVER = path.join(__dirname, '../../examples/rooms/catching-up.js');

/** Time without a network, in ms. */
const OFFLINE = 5000;

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** @param {Scene} scene */
async function serve(scene) {
  const port = await reservePort();
  const server = scene.run(SERVER, [], { env: { PORT: String(port) } });
  await server.line();
  return port;
}

/** @param {Scene} scene @param {number} port @returns {Promise<Page>} */
async function open(scene, port) {
  const context = await browser.newContext();
  scene.defer(() => context.close());
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  await state(page, 'connected');
  return page;
}

/** @param {Page} page @param {string} text */
const state = (page, text) => page.locator('#state').getByText(text, { exact: true }).waitFor({ timeout: 15_000 });

/** @param {Page} page @param {string} text */
async function say(page, text) {
  await page.getByLabel('Message').fill(text);
  await page.getByLabel('Message').press('Enter');
}

/** @param {Page} page @param {string[]} texts All that it shows. */
async function shows(page, texts) {
  await page.locator('li').getByText(String(texts.at(-1)), { exact: true }).waitFor({ timeout: 15_000 });
  assert.deepEqual(await page.locator('li').allTextContents(), texts);
}

describe('the page of examples/rooms/catching-up.js', { timeout: 120_000 }, () => {
  it('goes on where it was when it is loaded again', withScene(async (scene) => {
    const port = await serve(scene);
    const [ada, bob] = [await open(scene, port), await open(scene, port)];
    await say(bob, 'one');
    await shows(ada, ['one']);
    await ada.goto('about:blank');
    for (const text of ['two', 'three']) await say(bob, text);
    await shows(bob, ['one', 'two', 'three']);
    await ada.goto(`http://127.0.0.1:${port}/`);
    await state(ada, 'caught up with 2 messages');
    await shows(ada, ['one', 'two', 'three']);
    await ada.reload();
    await state(ada, 'caught up with 0 messages');
    await say(ada, 'four');
    await shows(ada, ['one', 'two', 'three', 'four']);
    await shows(bob, ['one', 'two', 'three', 'four']);
  }));

  it(`catches up after ${OFFLINE / 1000} seconds without a network, while another tab writes`, withScene(async (scene) => {
    const port = await serve(scene);
    const cable = new Cable(port);
    scene.defer(() => cable.stop());
    const [ada, bob] = [await open(scene, await cable.start()), await open(scene, port)];
    await say(bob, '0');
    await shows(ada, ['0']);
    cable.unplug();
    await state(ada, 'not connected');
    const texts = ['0'];
    for (let count = 1; count <= 10; count += 1) {
      texts.push(String(count));
      await say(bob, String(count));
      await delay(OFFLINE / 10);
    }
    assert.deepEqual(await ada.locator('li').allTextContents(), ['0']);
    cable.plug();
    await state(ada, 'caught up with 10 messages');
    await shows(ada, texts);
    await say(ada, 'back');
    for (const page of [ada, bob]) await shows(page, [...texts, 'back']);
  }));
});
