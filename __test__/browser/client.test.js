// @ts-check
'use strict';

/** The builds of the client for browsers, in headless Chromium, on a server that is attached to an HTTP server. */

const { after, before, describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { withScene } = require('../process/support/scene');
const { launch } = require('./support');

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('../process/support/scene').Scene} Scene */

const DIST = path.join(__dirname, '../../dist');

/** Messages of the long run. */
const MANY = 1000;

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/**
 * Serves the builds and an empty page, and WebSockets beside them.
 * @param {Scene} scene
 * @returns {Promise<{page: Page, server: any}>}
 */
async function open(scene) {
  const site = http.createServer((request, response) => {
    const file = path.join(DIST, path.basename(request.url ?? ''));
    if (!file.endsWith('js')) {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>test</title>');
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/javascript' });
    fs.createReadStream(file).pipe(response);
  });
  scene.defer(() => {
    site.close();
    site.closeAllConnections();
  });
  const server = scene.track(new scene.Server({ server: site, path: '/line' }));
  await server.start();
  await once(site.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (site.address());
  const page = await browser.newPage();
  scene.defer(() => page.close());
  await page.goto(`http://127.0.0.1:${port}/`);
  return { page, server };
}

describe('client in a browser', { timeout: 120000 }, () => {
  it(`receives ${MANY} messages in order, and has as many requests answered in order`, withScene(async (scene) => {
    const { page, server } = await open(scene);
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('count', (/** @type {any} */ message) => {
        for (let n = 0; n < message.payload; n += 1) connection.sendWithoutResponse('number', n);
        message.resolve();
      });
      connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
    });
    const seen = await page.evaluate(async (many) => {
      // @ts-ignore: a URL of this server.
      const { default: LineClient } = await import('/client-web.mjs');
      const client = new LineClient(`${location.href.replace(/^http/, 'ws')}line`);
      await client.connectAsync();
      const numbers = [];
      const messages = client.messages('number', { max: many });
      const counted = client.send('count', many);
      for await (const message of messages) {
        numbers.push(message.payload);
        if (numbers.length === many) break;
      }
      await counted;
      /** @type {number[]} */
      const answered = [];
      await Promise.all(
        numbers.map((number) => client.send('echo', number).then((/** @type {number} */ n) => answered.push(n))),
      );
      await client.disconnectAsync();
      return { numbers, answered };
    }, MANY);
    const all = Array.from({ length: MANY }, (_, n) => n);
    assert.deepEqual(seen, { numbers: all, answered: all });
  }));

  it('the bundle for script tags adds one global and touches no other', withScene(async (scene) => {
    const { page, server } = await open(scene);
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('hello', (/** @type {any} */ message) => message.resolve(`hello ${message.payload}`));
    });
    /** Names of globals, and whether `Promise` is the browser's own. */
    const globals = () => [Object.getOwnPropertyNames(window), /native code/.test(String(Promise))];
    const [before, promise] = await page.evaluate(globals);
    assert.equal(promise, true);
    await page.addScriptTag({ url: '/client-web-globals.js' });
    const [after, stillPromise] = await page.evaluate(globals);
    assert.equal(stillPromise, true);
    const names = /** @type {string[]} */ (before);
    assert.deepEqual(/** @type {string[]} */ (after).filter((name) => !names.includes(name)), ['LineClient']);
    const answer = await page.evaluate(async () => {
      const { LineClient } = /** @type {any} */ (window);
      const client = new LineClient(`${location.href.replace(/^http/, 'ws')}line`);
      await client.connectAsync();
      const answer = await client.send('hello', 'page');
      await client.dispose();
      return answer;
    });
    assert.equal(answer, 'hello page');
  }));
});
