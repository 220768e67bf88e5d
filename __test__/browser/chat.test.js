// @ts-check
'use strict';

/** The page that `npm start` serves, as people use it, in headless Chromium. */

const { after, before, describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { reservePort } = require('../helpers/ports');
const { withScene } = require('../process/support/scene');
const { launch, Cable } = require('./support');

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('../process/support/scene').Scene} Scene */

const SERVER = path.join(__dirname, '../../examples/hello/server.js');

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/**
 * Starts the demo server.
 * @param {Scene} scene
 * @param {number} port
 */
async function serve(scene, port) {
  const server = scene.run(SERVER, [], { env: { PORT: String(port) } });
  await server.line();
  return server;
}

/**
 * Opens the page in a browser session of its own.
 * @param {Scene} scene
 * @param {number} port
 */
async function open(scene, port) {
  const context = await browser.newContext();
  scene.defer(() => context.close());
  const page = await context.newPage();
  /** @type {string[]} */
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  scene.defer(() => assert.deepEqual(problems, [], 'errors of the page'));
  await page.addInitScript(() => {
    const { WebSocket } = window;
    Object.assign(window, {
      /** Close code of the first connection. */
      firstClose: new Promise((resolve) => {
        window.WebSocket = class extends WebSocket {
          /** @param {string} url */
          constructor(url) {
            super(url);
            this.addEventListener('close', ({ code }) => resolve(code));
          }
        };
      }),
    });
  });
  await page.goto(`http://127.0.0.1:${port}/`);
  return page;
}

/**
 * @param {Page} page
 * @param {string} nick
 */
async function join(page, nick) {
  await page.getByLabel('Your name').fill(nick);
  await page.getByRole('button', { name: 'Join' }).click();
}

/** @param {Page} page @param {string} nick */
async function connected(page, nick) {
  await page.locator('#state').filter({ hasText: `connected as ${nick}` }).waitFor({ timeout: 15000 });
}

/** @param {Page} page @param {string} text */
async function say(page, text) {
  await page.getByLabel('Message').fill(text);
  await page.getByLabel('Message').press('Enter');
}

/** @param {Page} page @param {string} text */
async function sees(page, text) {
  await page.locator('#messages li span').getByText(text, { exact: true }).waitFor({ timeout: 15000 });
}

/** @param {Page} page @param {string[]} nicks */
async function lists(page, nicks) {
  await page.waitForFunction(
    (expected) => [...document.querySelectorAll('#members li')].map((entry) => entry.textContent).join() === expected,
    nicks.join(),
  );
}

/**
 * Ann and Bob, who are in the room; Ann's page reaches the server by a cable that can be unplugged.
 * @param {Scene} scene
 */
async function annByCable(scene) {
  const port = await reservePort();
  await serve(scene, port);
  const cable = new Cable(port);
  scene.defer(() => cable.stop());
  const ann = await open(scene, await cable.start());
  const bob = await open(scene, port);
  await join(ann, 'Ann');
  await join(bob, 'Bob');
  await lists(bob, ['Ann', 'Bob']);
  return { port, cable, ann, bob };
}

describe('chat page', { timeout: 120000 }, () => {
  it('two pages talk, see each other come and go, and measure round trips', withScene(async (scene) => {
    const port = await reservePort();
    await serve(scene, port);
    const ann = await open(scene, port);
    const bob = await open(scene, port);
    await join(ann, 'Ann');
    await connected(ann, 'Ann');
    await join(bob, 'Bob');
    await lists(ann, ['Ann', 'Bob']);
    await lists(bob, ['Ann', 'Bob']);
    await sees(ann, 'Bob joined.');

    await say(ann, 'Hello <b>Bob</b> & all');
    await sees(bob, 'Hello <b>Bob</b> & all');
    await say(bob, 'Hello Ann \u{1f44b}');
    await sees(ann, 'Hello Ann \u{1f44b}');
    assert.equal(await ann.locator('#messages .mine').count(), 1);
    assert.equal(await bob.locator('#messages b').first().textContent(), 'Ann');

    await ann.locator('#latest').filter({ hasText: /^\d+\.\d ms$/ }).waitFor();
    await ann.locator('#clock').filter({ hasText: /\d/ }).waitFor();
    await bob.close();
    await lists(ann, ['Ann']);
    await sees(ann, 'Bob left.');
  }));

  it('a name that is taken is refused, with the reason shown, and another one may do', withScene(async (scene) => {
    const port = await reservePort();
    await serve(scene, port);
    const ann = await open(scene, port);
    const other = await open(scene, port);
    await join(ann, 'Ann');
    await connected(ann, 'Ann');
    await join(other, 'Ann');
    await other.getByRole('alert').filter({ hasText: 'Somebody called Ann is here already' }).waitFor();
    await lists(ann, ['Ann']);
    await join(other, 'Anna');
    await connected(other, 'Anna');
    assert.equal(await other.locator('#refusal').textContent(), '');
    await lists(ann, ['Ann', 'Anna']);
  }));

  it('a page that loses its network comes back by itself, and what was said meanwhile is sent', withScene(async (scene) => {
    const { cable, ann, bob } = await annByCable(scene);

    await ann.context().setOffline(true);
    cable.unplug();
    await ann.locator('#state').filter({ hasNotText: 'connected as' }).waitFor();
    await lists(bob, ['Bob']);
    await say(ann, 'said offline');
    cable.plug();
    await ann.context().setOffline(false);
    await connected(ann, 'Ann');
    await sees(bob, 'said offline');
    await lists(bob, ['Ann', 'Bob']);
  }));

  it('a page that was offline for five seconds shows what was said meanwhile, once and in order', withScene(async (scene) => {
    const { port, cable, ann, bob } = await annByCable(scene);
    const texts = (/** @type {Page} */ page) => page.locator('#messages li.theirs span, #messages li.mine span').allTextContents();
    await say(bob, 'before');
    await sees(ann, 'before');

    await ann.context().setOffline(true);
    cable.unplug();
    await lists(bob, ['Bob']);
    const count = 18;
    for (let number = 1; number <= count; number += 1) {
      await say(bob, `meanwhile ${number}`);
      await bob.waitForTimeout(280);
    }
    cable.plug();
    await ann.context().setOffline(false);
    await connected(ann, 'Ann');
    await say(bob, 'after');
    await sees(ann, 'after');
    const expected = ['before', ...Array.from({ length: count }, (_, index) => `meanwhile ${index + 1}`), 'after'];
    assert.deepEqual(await texts(ann), expected);

    // Who is new sees the last messages; and a server that was killed is missed by nobody who was there.
    const eve = await open(scene, port);
    await join(eve, 'Eve');
    await sees(eve, 'after');
    assert.deepEqual(await texts(eve), expected.slice(-20));
  }));

  it('a server that is killed and started again loses nothing that was said while it lived', withScene(async (scene) => {
    const port = await reservePort();
    const server = await serve(scene, port);
    const ann = await open(scene, port);
    const bob = await open(scene, port);
    await join(ann, 'Ann');
    await join(bob, 'Bob');
    await lists(bob, ['Ann', 'Bob']);
    await lists(ann, ['Ann', 'Bob']);
    await say(ann, 'one');
    await say(bob, 'two');
    for (const page of [ann, bob]) await sees(page, 'two');
    server.signal('SIGKILL');
    await bob.locator('#state').filter({ hasNotText: 'connected as' }).waitFor();
    await say(bob, 'three');
    await serve(scene, port);
    for (const [page, nick] of /** @type {[Page, string][]} */ ([[ann, 'Ann'], [bob, 'Bob']])) {
      await connected(page, nick);
      await sees(page, 'The server was started anew, and does not know what was said before.');
    }
    await lists(ann, ['Ann', 'Bob']);
    await say(ann, 'four');
    for (const page of [ann, bob]) {
      await sees(page, 'four');
      const texts = await page.locator('#messages li.theirs span, #messages li.mine:not(.waiting) span').allTextContents();
      assert.deepEqual(texts.filter((text) => text !== 'three'), ['one', 'two', 'four']);
    }
  }));

  it('tells once that the connection is lost, and shows nothing that was true before', withScene(async (scene) => {
    const port = await reservePort();
    const server = await serve(scene, port);
    const ann = await open(scene, port);
    await join(ann, 'Ann');
    await connected(ann, 'Ann');
    await lists(ann, ['Ann']);
    await ann.locator('#latest').filter({ hasText: /ms/ }).waitFor();
    const failures = ann.evaluate(() => new Promise((resolve) => {
      const { WebSocket } = window;
      let count = 0;
      window.WebSocket = class extends WebSocket {
        /** @param {string} url */
        constructor(url) {
          super(url);
          this.addEventListener('close', () => (count += 1) === 4 && resolve(count));
        }
      };
    }));
    server.signal('SIGKILL');
    // Four tries that fail later.
    await failures;
    const notes = await ann.locator('#messages .note').allTextContents();
    assert.deepEqual(notes, ['You are in the room.', 'The connection is lost. Reconnecting…']);
    assert.equal(await ann.locator('#state').textContent(), 'reconnecting…');
    await lists(ann, []);
    for (const id of ['count', 'latest', 'clock']) assert.equal(await ann.locator(`#${id}`).textContent(), '–', id);
    assert.equal(await ann.locator('#line').getAttribute('points'), '');
    await say(ann, 'said offline');
    assert.equal(await ann.locator('#messages .waiting span').textContent(), 'said offline');
    await serve(scene, port);
    await connected(ann, 'Ann');
    await sees(ann, 'Connected again.');
    await ann.locator('#messages .mine:not(.waiting) span').filter({ hasText: 'said offline' }).waitFor();
    assert.equal(await ann.locator('#messages .waiting').count(), 0);
    await lists(ann, ['Ann']);
  }));

  it('says so when no server answers at first', withScene(async (scene) => {
    const port = await reservePort();
    const server = await serve(scene, port);
    const ann = await open(scene, port);
    server.signal('SIGKILL');
    await server.ended;
    await join(ann, 'Ann');
    await ann.getByRole('alert').filter({ hasText: 'The server does not answer' }).waitFor();
    await serve(scene, port);
    await connected(ann, 'Ann');
    assert.equal(await ann.locator('#refusal').textContent(), '');
  }));

  it('fits a phone', withScene(async (scene) => {
    const port = await reservePort();
    await serve(scene, port);
    const ann = await open(scene, port);
    await ann.setViewportSize({ width: 390, height: 700 });
    await join(ann, 'Ann');
    await connected(ann, 'Ann');
    await say(ann, 'x'.repeat(300));
    await ann.locator('#messages .mine').waitFor();
    const [inner, scroll] = await ann.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
    assert.deepEqual([inner, scroll], [390, 390]);
  }));

  it('both pages reconnect when the server restarts', withScene(async (scene) => {
    const port = await reservePort();
    const server = await serve(scene, port);
    const ann = await open(scene, port);
    const bob = await open(scene, port);
    await join(ann, 'Ann');
    await join(bob, 'Bob');
    await lists(ann, ['Ann', 'Bob']);
    // Both are told that it goes, instead of being cut off.
    const closes = [ann, bob].map((page) => page.evaluate(() => /** @type {any} */ (window).firstClose));
    server.signal('SIGTERM');
    assert.deepEqual(await Promise.all(closes), [1001, 1001]);
    await server.exited();
    await ann.locator('#state').filter({ hasText: 'reconnecting' }).waitFor();
    await sees(ann, 'The server restarts. Reconnecting…');
    await serve(scene, port);
    await connected(ann, 'Ann');
    await connected(bob, 'Bob');
    await lists(ann, ['Ann', 'Bob']);
    await say(ann, 'back again');
    await sees(bob, 'back again');
  }));
});
