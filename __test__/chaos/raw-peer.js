// @ts-check
'use strict';

const { RawClient } = require('../helpers/raw-client');
const { Opcode } = require('../helpers/frames');
const { TRUST } = require('../helpers/tls');
const { within } = require('../helpers/timing');
const { ANSWER_TIME } = require('./plan');

/** The connection has ended, by whomever. */
class Ended extends Error {}

/**
 * An honest client on bare sockets, which accounts for every message.
 */
class RawPeer {
  /** Requests whose answers are to come, by id. @type {Map<string, (message: any) => void>} */
  #waiting = new Map();
  #requests = 0;
  /** Number of the next message that has one. */
  #next = 0;
  /** Number of the last message of each source. @type {Map<string, number>} */
  #last = new Map();
  /** What is compared with what the server has counted. */
  account = { asked: 0, answered: 0, noted: 0 };
  /** Messages that came besides answers. */
  heard = 0;
  /** The server has sent its last broadcast. */
  hasLast = false;

  /**
   * @param {RawClient} client
   * @param {(text: string) => void} fault
   */
  constructor(client, fault) {
    this.client = client;
    this.fault = fault;
    client.on('frame', (frame) => {
      // The end of the connection is announced without a frame.
      if (frame === undefined) return this.#fail();
      if (frame.opcode !== Opcode.TEXT) return undefined;
      client.frames.length = 0;
      return this.#receive(JSON.parse(frame.text));
    });
  }

  /**
   * @param {number} port
   * @param {boolean} isEncrypted
   * @param {(text: string) => void} fault
   */
  static async open(port, isEncrypted, fault) {
    return new RawPeer(await RawClient.open({ port, tls: isEncrypted ? TRUST : undefined }), fault);
  }

  #fail() {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const settle of waiting) settle(undefined);
  }

  /** @param {any} message */
  #receive(message) {
    const { n: name, i: id, p: payload } = message;
    if (name === '_r') {
      const settle = this.#waiting.get(id);
      if (settle === undefined) this.fault(`an answer nobody waits for, or a second one: ${JSON.stringify(message).slice(0, 200)}`);
      this.#waiting.delete(id);
      settle?.(message);
    } else if (name === 'sum') {
      this.client.json({ n: '_r', i: id, p: payload[0] + payload[1], e: null });
    } else if (name === '_p') {
      this.client.json({ n: '_r', i: id, p: 'pong', e: null });
    } else if (name === 'news') {
      this.#follow('news', payload);
    } else if (name === 'said') {
      this.#follow(payload[0], payload[1]);
    } else if (name === 'last') {
      this.hasLast = true;
    } else {
      this.fault(`a message that nobody has sent: ${JSON.stringify(message).slice(0, 200)}`);
    }
  }

  /**
   * Messages of one source come without a gap.
   * @param {string} source
   * @param {number} number
   */
  #follow(source, number) {
    const last = this.#last.get(source);
    if (last !== undefined && number !== last + 1) this.fault(`${source}: ${number} after ${last}`);
    this.#last.set(source, number);
    this.heard += 1;
  }

  /**
   * @param {string} name
   * @param {unknown} [payload]
   * @returns {Promise<any>} The response. Rejects with {@link Ended} when the connection ends before.
   */
  async request(name, payload) {
    const id = `r${++this.#requests}`;
    const response = new Promise((resolve) => {
      if (this.client.socket.destroyed) resolve(undefined);
      else this.#waiting.set(id, resolve);
    });
    this.client.json({ n: name, p: payload, i: id });
    const message = await within(response, `answer to ${name}`, ANSWER_TIME);
    if (message === undefined) {
      const { code, reset } = await this.client.ended;
      throw new Ended(`the connection ended (code ${code}${reset ? ', reset' : ''}), no answer to ${name}`);
    }
    return message;
  }

  /** @param {string} key */
  async shakeHands(key) {
    const { e } = await this.request('_h', { key });
    if (e !== null) this.fault(`the handshake was rejected: ${JSON.stringify(e)}`);
  }

  /** Asks for its payload. @param {unknown} data */
  async ask(data) {
    const payload = { number: this.#next++, data };
    this.account.asked += 1;
    const { p, e } = await this.request('ask', payload);
    this.account.answered += 1;
    const answer = String(JSON.stringify(p));
    if (e !== null || answer !== JSON.stringify(payload)) this.fault(`a request was answered with ${answer.slice(0, 200)}`);
  }

  /** Sends what wants no answer. */
  note() {
    this.account.noted += 1;
    this.client.json({ n: 'note', p: this.#next++ });
  }

  /** Is answered with an error. */
  async refuse() {
    const { e } = await this.request('refuse', 'as asked');
    if (e?.message !== 'as asked') this.fault(`a refusal came as ${JSON.stringify(e)}`);
  }

  /** Has the server ask a sum. @param {number} a @param {number} b */
  async question(a, b) {
    const { p } = await this.request('question', [a, b]);
    if (p !== a + b) this.fault(`${a} + ${b} came back as ${p}`);
  }

  /** The server has received what was sent until now, each once, and what it has answered has come. */
  async tally() {
    const { asked, noted } = this.account;
    const { p } = await this.request('tally');
    const { answered } = this.account;
    if (answered < p[2]) this.fault(`${p[2]} requests were answered, ${answered} answers have come`);
    if (p[0] !== asked || p[1] !== noted) this.fault(`${asked} requests and ${noted} messages were sent, ${p[0]} and ${p[1]} have come`);
  }
}

module.exports = { RawPeer, Ended };
