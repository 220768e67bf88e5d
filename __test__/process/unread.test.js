// @ts-check
'use strict';

/**
 * What a client sends and no handler looks at takes no time of the JavaScript thread, however large it is; and what a
 * handler looks at is what was sent.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { RawClient } = require('../helpers/raw-client');
const { withScene } = require('./support/scene');
const { until, within } = require('../helpers/timing');

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

/** Runs `run`, and returns the lengths of large texts that strings were made of meanwhile. @param {() => Promise<void>} run */
async function decodedDuring(run) {
  const { toString } = Buffer.prototype;
  /** @type {number[]} */
  const lengths = [];
  Buffer.prototype.toString = function decode(...args) {
    if (this.length > 256 * 1024) lengths.push(this.length);
    return toString.apply(this, args);
  };
  try {
    await run();
  } finally {
    Buffer.prototype.toString = toString;
  }
  return lengths;
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

  /** In bytes: what the io thread scans, and what it leaves to another thread. */
  for (const size of [300 * 1024, 3 * 1024 * 1024]) {
    const text = 'ö€😀'.repeat(size / 9);

    it(`a string of a payload of ${size} bytes is made when a handler asks for it`, withScene(async (scene) => {
      /** @type {any[]} */
      const messages = [];
      const client = await clientOf(scene, (message) => messages.push(message));
      const lengths = await decodedDuring(async () => {
        client.text(`{"n":"say","p":"${text}","e":["${text}"]}`);
        client.text(`{"n":"nobody","p":"${text}","i":"${text}"}`);
        client.text(`{"n":"${text}"}`);
        client.text(`{"n":"_r","i":"${text}","p":"${text}"}`);
        await within(client.request('end'), 'answer');
      });
      assert.deepEqual(lengths, []);
      const [{ payload, err }] = messages;
      assert.ok(payload === text && err[0] === text);
    }));

    it(`a large id and name of ${size} bytes are those that were sent`, withScene(async (scene) => {
      /** @type {any[]} */
      const names = [];
      const { port } = await scene.listen({}, (server) => {
        server.on('connection', (/** @type {any} */ connection) => {
          connection.on(/^ö/, (/** @type {any} */ message) => {
            names.push(message.name);
            message.resolve(message.id.length);
          });
          connection.on(`x${text}`, (/** @type {any} */ message) => message.reject(message.payload));
        });
      });
      const client = await RawClient.open({ port });
      scene.defer(() => client.socket.destroy());
      await within(client.handshake(), 'handshake');
      const { message } = await within(client.request(text, undefined, text), 'answer');
      assert.ok(message.p === text.length && names[0] === text);
      const answer = await within(client.request(`x${text}`, [text]), 'answer');
      assert.ok(answer.message.e[0] === text);
    }));

    it(`a text of ${size} bytes that is no message is the payload of an error, when it is asked for`, withScene(async (scene) => {
      /** @type {any[]} */
      const errors = [];
      const { port } = await scene.listen({}, (server) => {
        server.on('connection', (/** @type {any} */ connection) => {
          connection.on('_error', (/** @type {any} */ error) => errors.push(error));
        });
      });
      const client = await RawClient.open({ port });
      scene.defer(() => client.socket.destroy());
      await within(client.handshake(), 'handshake');
      const lengths = await decodedDuring(async () => {
        client.text(`{"n":5,"p":"${text}"}`);
        client.frame({ opcode: 2, payload: Buffer.concat([Buffer.from([0xff]), Buffer.from(text)]) });
        await within(client.fence(), 'answer');
        client.text(`{"n":6,"p":"${text}"}`);
        await until(() => errors.length === 3, 'errors');
      });
      assert.deepEqual(lengths, []);
      assert.deepEqual(Object.keys(errors[0]), ['name', 'message', 'code', 'payload']);
      assert.ok(errors[0].payload === `{"n":5,"p":"${text}"}` && errors[1].payload === `\ufffd${text}`);
      assert.deepEqual(Object.getOwnPropertyDescriptor(errors[0], 'payload')?.writable, true);
      assert.ok(JSON.stringify(errors[1]).length > text.length);
      // An application may have frozen it before.
      Object.freeze(errors[2]);
      assert.ok(errors[2].payload === `{"n":6,"p":"${text}"}`);
    }));
  }
});
