// @ts-check
'use strict';

/** What a client sends and no handler looks at takes no time of the JavaScript thread, however large it is. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { RawClient } = require('../helpers/raw-client');
const { withScene } = require('./support/scene');
const { within } = require('../helpers/timing');

const KEYS = Array.from({ length: 20_000 }, (_, index) => `"key${index}":${index}`).join();
const ERROR = `{"name":"Refused","message":"no",${KEYS}}`;

/** Runs `run`, and returns the texts above 64 KiB that were parsed meanwhile. @param {() => Promise<void>} run */
async function parsedDuring(run) {
  const { parse } = JSON;
  /** @type {string[]} */
  const texts = [];
  JSON.parse = (text, ...others) => {
    if (text.length > 65_536) texts.push(text);
    return parse(text, ...others);
  };
  try {
    await run();
  } finally {
    JSON.parse = parse;
  }
  return texts;
}

/**
 * A client whose messages `say` are passed to a function.
 * @param {import('./support/scene').Scene} scene
 * @param {(message: any) => void} handle
 */
async function clientOf(scene, handle) {
  const { port } = await scene.listen({}, (server) => {
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('say', handle);
      connection.on('end', (/** @type {any} */ message) => message.resolve());
    });
  });
  const client = await RawClient.open({ port });
  scene.defer(() => client.socket.destroy());
  await within(client.handshake(), 'handshake');
  return client;
}

describe('what no handler looks at', () => {
  for (const name of ['say', 'nobody listens']) {
    it(`an error of "${name}" is not parsed`, withScene(async (scene) => {
      let count = 0;
      const client = await clientOf(scene, () => (count += 1));
      const texts = await parsedDuring(async () => {
        client.text(`{"n":"${name}","e":${ERROR}}`);
        await within(client.request('end'), 'answer');
      });
      assert.deepEqual(texts, []);
      assert.equal(count, Number(name === 'say'));
    }));
  }

  it('an error is made once, when a handler asks for it', withScene(async (scene) => {
    /** @type {any} */
    let message;
    const client = await clientOf(scene, (received) => (message = received));
    client.text(`{"n":"say","e":${ERROR}}`);
    await within(client.request('end'), 'answer');
    const { err } = message;
    assert.ok(err instanceof Error);
    assert.deepEqual([err.name, err.message, /** @type {any} */ (err).key19999], ['Refused', 'no', 19999]);
    assert.equal(message.err, err);
    message.err = 'other';
    assert.equal(message.err, 'other');
  }));
});
