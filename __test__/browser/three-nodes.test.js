// @ts-check
'use strict';

/** The page of `npm run cluster` in headless Chromium: who is on which node, and a chat without Redis. */

const { after, before, describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { WITHOUT_REDIS } = require('../cluster/support/needs');
const { withScene } = require('../process/support/scene');
const { launch } = require('./support');

const DEMO = path.join(__dirname, '../../examples/three-nodes/demo.js');

/** Time for what takes seconds on a busy machine, in ms. */
const PATIENCE = 30000;

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  if (!WITHOUT_REDIS) browser = await launch();
});
after(() => browser?.close());

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {string} url
 * @param {string} nick
 */
async function join(scene, url, nick) {
  const context = await browser.newContext();
  scene.defer(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  /** @type {string[]} */
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  scene.defer(() => assert.deepEqual(problems, [], 'errors of the page'));
  await page.goto(url);
  await page.getByLabel('Your name').fill(nick);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.locator('#state').filter({ hasText: `connected as ${nick}` }).waitFor();
  return page;
}

describe('chat page of three nodes', { skip: WITHOUT_REDIS, timeout: 120000 }, () => {
  it('shows the node of each member, and what is said while Redis is away', withScene(async (scene) => {
    /** @type {import('../process/support/child').Child | undefined} */
    let started;
    // Before it is ended by SIGKILL, which would leave its children.
    scene.defer(async () => {
      if (started?.isRunning) started.signal('SIGTERM');
      await started?.exited().catch(() => {});
    });
    const demo = (started = scene.run(DEMO));
    /** @param {RegExp} pattern */
    const reads = async (pattern) => {
      for (;;) {
        const match = pattern.exec(await demo.line(PATIENCE));
        if (match) return match;
      }
    };
    const [, url] = await reads(/^Open (\S+) /);
    await reads(/quit +ends everything/);
    const [ann, bob] = [await join(scene, url, 'Ann'), await join(scene, url, 'Bob')];
    for (const page of [ann, bob]) {
      await page.waitForFunction(() => /^Annnode [123],Bobnode [123]$/.test([...document.querySelectorAll('#members li')].map((entry) => entry.textContent).join()));
    }
    const nodes = await ann.locator('#members li small').allTextContents();
    assert.notEqual(nodes[0], nodes[1]);
    assert.equal(await ann.locator('#members .me small').textContent(), nodes[0]);

    demo.tell('kill redis');
    await reads(/^redis has ended/);
    await ann.locator('#messages .note').filter({ hasText: 'The servers have lost each other' }).waitFor();
    await ann.getByLabel('Message').fill('alone');
    await ann.getByLabel('Message').press('Enter');
    await ann.locator('#messages .mine.waiting').filter({ hasText: 'alone' }).waitFor();
    assert.equal(await bob.locator('#messages').getByText('alone', { exact: true }).count(), 0);
    demo.tell('start redis');
    await bob.locator('#messages .theirs:not(.waiting)').filter({ hasText: 'alone' }).waitFor();
    await ann.locator('#messages .mine:not(.waiting)').filter({ hasText: 'alone' }).waitFor();
    assert.equal(await ann.locator('#messages .waiting').count(), 0);
    await ann.locator('#messages .note').filter({ hasText: 'The servers are joined again' }).waitFor();
  }));
});
