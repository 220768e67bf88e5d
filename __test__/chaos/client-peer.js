// @ts-check
'use strict';

const Client = require('../../client/node.js');
const { ANSWER_TIME, isEncrypted } = require('./plan');
const { Ended } = require('./raw-peer');

/** @typedef {import('./proxy').Passage} Passage */

/** Close code of a connection that ended without a close frame, as one that was cut does. */
const ABNORMAL = 1006;

/**
 * An honest client with the client of this package, which accounts for every message and for every end of a
 * connection: before the server ends, only the proxy may end one, and only requests that had left by it are lost.
 */
class ClientPeer {
  #next = 0;
  #asked = 0;
  #answered = 0;
  #noted = 0;
  /** Number of the last message of each source. @type {Map<string, number>} */
  #last = new Map();
  /** What requests leave by: the connection that the client had last. @type {Passage | undefined} */
  #passage;
  heard = 0;

  /** @param {Pick<import('./behaviours').Visit, 'plan' | 'port' | 'key' | 'link' | 'isOver' | 'fault'>} visit */
  constructor({ plan, port, key, link, isOver, fault }) {
    this.link = link;
    this.isOver = isOver;
    this.fault = (/** @type {string} */ text) => fault(`the client: ${text}`);
    const client = new Client(`${isEncrypted(plan) ? 'wss' : 'ws'}://127.0.0.1:${port}`, {
      handshake: { payload: { key }, timeout: ANSWER_TIME },
      reconnectOptions: { initialDelay: 20, maxDelay: 100 },
    });
    /** @type {any} */
    this.client = client;
    client.on('_error', () => {});
    client.on('sum', (/** @type {any} */ message) => message.resolve(message.payload[0] + message.payload[1]));
    client.on('news', (/** @type {any} */ message) => this.#follow('news', message.payload));
    client.on('said', (/** @type {any} */ { payload: [room, number] }) => this.#follow(room, number));
    client.on('_connected', () => {
      this.#passage = link.passages.at(-1);
      // The server counts anew for each connection.
      this.#next = this.#asked = this.#answered = this.#noted = 0;
      this.#last.clear();
    });
    client.on('_disconnected', (/** @type {any} */ event) => this.#onDisconnected(event));
  }

  /** @param {{code: number, reason: string}} event */
  #onDisconnected({ code, reason }) {
    // A client has one connection at a time: the last is that which ended, connected or not.
    const passage = this.link.passages.at(-1);
    passage?.note(`the client was told ${code} "${reason}"`);
    if (this.isOver() || (passage?.isCut && code === ABNORMAL)) return;
    this.fault(`a connection ended that nobody has cut: ${passage ?? 'it never reached the proxy'}`);
  }

  /** @param {string} source @param {number} number */
  #follow(source, number) {
    const last = this.#last.get(source);
    if (last !== undefined && number !== last + 1) this.fault(`${source}: ${number} after ${last}`);
    this.#last.set(source, number);
    this.heard += 1;
  }

  /**
   * @param {string} name
   * @param {unknown} [payload]
   * @returns {Promise<any>} The answer. Rejects with {@link Ended} when the request may be lost: the connection that it
   *   left by was cut, or the server ends.
   */
  async #send(name, payload) {
    const passage = this.#passage;
    const from = this.client.state;
    const begin = performance.now();
    try {
      return await this.client.send(name, payload, ANSWER_TIME);
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      if (code === 'cMessageRejected') throw error;
      if (code === 'cDisconnected' && (passage?.isCut || this.isOver())) throw new Ended(message);
      const waited = (performance.now() - begin).toFixed(1);
      throw new Error([
        `${name} was rejected after ${waited} ms: ${code} ${message}`,
        `the client was ${from}, is ${this.client.state}`,
        ...this.link.passages.map((each) => `${each === passage ? 'it left by ' : ''}${each}`),
      ].join('\n    '), { cause: error });
    }
  }

  /** @param {unknown} data */
  async ask(data) {
    if (this.client.state !== 'connected') return;
    const payload = { number: this.#next++, data };
    this.#asked += 1;
    const answer = String(JSON.stringify(await this.#send('ask', payload)));
    this.#answered += 1;
    if (answer !== JSON.stringify(payload)) this.fault(`a request was answered with ${answer.slice(0, 200)}`);
  }

  note() {
    if (this.client.state !== 'connected') return;
    this.#noted += 1;
    this.client.sendWithoutResponse('note', this.#next++).catch(() => {});
  }

  async refuse() {
    const error = await this.#send('refuse', 'as asked').then(() => undefined, (/** @type {any} */ rejected) => rejected);
    if (error?.code === 'cMessageRejected' && error.payload.message === 'as asked') return;
    if (error !== undefined && error.code !== 'cMessageRejected') throw error;
    this.fault(`a refusal came as ${error?.code} ${error?.message}`);
  }

  /** @param {number} a @param {number} b */
  async question(a, b) {
    const sum = await this.#send('question', [a, b]);
    if (sum !== a + b) this.fault(`${a} + ${b} came back as ${sum}`);
  }

  /** The server has received what was sent until now, each once, and what it has answered has come. */
  async tally() {
    const sent = [this.#asked, this.#noted];
    const [asked, noted, answered] = await this.#send('tally');
    if (String([asked, noted]) !== String(sent)) {
      this.fault(`${sent[0]} requests and ${sent[1]} messages were sent, ${asked} and ${noted} have come`);
    }
    if (this.#answered < answered) this.fault(`${answered} requests were answered, ${this.#answered} answers have come`);
  }
}

module.exports = { ClientPeer };
