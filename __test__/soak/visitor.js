// @ts-check
'use strict';

const assert = require('node:assert/strict');
const { Opcode } = require('../helpers/frames');
const { RawClient } = require('../helpers/raw-client');
const { within } = require('../helpers/timing');
const { SILENT_TIMEOUT } = require('./plan');

/**
 * What a client of a soak does with every message, and checks of it, whatever else it is about.
 */
class Visitor {
  /** Numbers of the last broadcast, and of the last thing said by each speaker in each room. @type {Map<string, number>} */
  #last = new Map();
  /** The rooms it is in. @type {Set<string>} */
  #rooms = new Set();
  /** Messages that came besides answers. */
  heard = 0;
  /** Requests whose answers are to come, in this order. @type {{id: string, resolve: (message: any) => void}[]} */
  #waiting = [];
  #requests = 0;
  /** How often it has spoken in each room. @type {Map<string, number>} */
  #said = new Map();

  /** @param {RawClient} client */
  constructor(client) {
    this.client = client;
    client.on('frame', (frame) => {
      // The end of the connection is announced without a frame.
      if (frame?.opcode !== Opcode.TEXT) return;
      const message = JSON.parse(frame.text);
      this.#handlers[message.n]?.(message);
    });
  }

  /**
   * Opens a connection and completes the handshake.
   * @param {number} port
   * @param {unknown} [payload] Of the handshake.
   */
  static async enter(port, payload) {
    const visitor = new Visitor(await RawClient.open({ port }));
    assert.equal((await visitor.request('_h', payload)).e, null);
    return visitor;
  }

  /** @type {Record<string, (message: any) => void>} */
  #handlers = {
    _r: (message) => {
      const first = this.#waiting.shift();
      if (first?.id !== message.i) throw new Error(`answer ${message.i} instead of ${first?.id}`);
      first?.resolve(message);
    },
    _p: ({ i }) => this.#answer(i, 'pong'),
    sum: ({ i, p: [a, b] }) => this.#answer(i, a + b),
    refuse: ({ i, p }) => this.client.json({ n: '_r', i, e: { name: 'Error', message: String(p) } }),
    news: ({ p }) => this.#follow('news', p),
    flood: ({ p: [number] }) => this.#follow('flood', number),
    said: ({ p: [room, speaker, number] }) => {
      if (!this.#rooms.has(room)) throw new Error(`heard of ${room}, which it is not in`);
      this.#follow(`${room} ${speaker}`, number);
    },
  };

  /**
   * @param {string} i
   * @param {unknown} p
   */
  #answer(i, p) {
    this.client.json({ n: '_r', p, i, e: null });
  }

  /**
   * Numbers of one source come without a gap.
   * @param {string} source
   * @param {number} number
   */
  #follow(source, number) {
    const last = this.#last.get(source);
    if (last !== undefined && number !== last + 1) throw new Error(`${source}: ${number} after ${last}`);
    this.#last.set(source, number);
    this.heard += 1;
  }

  /**
   * @param {string} name
   * @param {unknown} [payload]
   * @returns {Promise<any>} The response.
   */
  request(name, payload) {
    const id = `r${++this.#requests}`;
    /** @type {Promise<any>} */
    const response = new Promise((resolve, reject) => {
      this.#waiting.push({ id, resolve });
      this.client.ended.then(() => reject(new Error(`connection ended, no answer to ${name}`)));
    });
    this.client.json({ n: name, p: payload, i: id });
    return within(response, `answer to ${name}`, SILENT_TIMEOUT);
  }

  /** @param {unknown} payload Which must come back. */
  async ask(payload) {
    const { p, e } = await this.request('ask', payload);
    assert.equal(e, null);
    assert.deepEqual(p, payload);
  }

  /** @param {string} room */
  async join(room) {
    this.#rooms.add(room);
    await this.#assertIn('join', room);
  }

  /** @param {string} room */
  async leave(room) {
    await this.#assertIn('leave', room, [...this.#rooms].filter((other) => other !== room));
    this.#rooms.delete(room);
  }

  /**
   * @param {string} name
   * @param {string} room
   * @param {string[]} expected The rooms it is in afterwards.
   */
  async #assertIn(name, room, expected = [...this.#rooms]) {
    const { p } = await this.request(name, room);
    assert.deepEqual(new Set(p), new Set(expected));
  }

  /** Speaks in a room. @param {string} room */
  say(room) {
    const number = this.#said.get(room) ?? 0;
    this.#said.set(room, number + 1);
    this.client.json({ n: 'say', p: [room, number] });
  }

  /** Closes with 1000, and expects the same back. */
  async close() {
    this.client.close(1000);
    assert.equal((await this.client.closed()).code, 1000);
  }
}

module.exports = { Visitor };
