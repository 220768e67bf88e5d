// @ts-check
'use strict';

/** Clients of nodes that keep what they get, in order. */

const WebSocket = require('ws');
const Client = require('../../../client/node.js');
const { until, within } = require('../../helpers/timing');
const { PATIENCE } = require('./program');

/** @typedef {{n: string, p?: any, r?: string, o?: any, d?: string}} Received A message as it came, without `i` and `e`. */

/** A client by the package `ws` that speaks the protocol itself. It does not reconnect. */
class Member {
  /** Messages of the server, but responses and requests. @type {Received[]} */
  received = [];
  /** Close code and reason. @type {Promise<[number, string]>} */
  ended;
  /** What it has answered requests with: the payload of each request by name. @type {Record<string, (payload: any) => any>} */
  answers = { _p: () => 'pong' };
  id = '';
  #requests = 0;
  /** @type {Map<string, {resolve: (value: any) => void, reject: (error: any) => void}>} */
  #waiting = new Map();

  /** @param {string} url */
  constructor(url) {
    this.socket = new WebSocket(url);
    this.ended = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`closed with ${code}`));
        this.#waiting.clear();
        resolve([code, String(reason)]);
      });
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (data) => this.#take(JSON.parse(String(data))));
  }

  /** @param {any} message */
  #take({ i, e, ...message }) {
    if (message.n === '_r') {
      const waiting = this.#waiting.get(i);
      this.#waiting.delete(i);
      if (e) waiting?.reject(Object.assign(new Error(e.message), e));
      else waiting?.resolve(message.p);
    } else if (i !== undefined) {
      // Requests that it has no answer for stay without one.
      if (Object.hasOwn(this.answers, message.n)) this.#send({ n: '_r', p: this.answers[message.n](message.p), i, e: null });
    } else {
      this.received.push(message);
    }
  }

  /** @param {object} message */
  #send(message) {
    this.socket.send(JSON.stringify(message));
  }

  /**
   * @param {unknown} payload Of the handshake.
   * @param {object} [positions] Its `o`; without it, it is a client that knows no positions.
   */
  async shakeHands(payload, positions) {
    await within(new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject)), 'WebSocket', PATIENCE);
    const { id } = await this.#ask({ n: '_h', p: payload, o: positions });
    this.id = id;
  }

  /** @param {object} message */
  #ask(message) {
    const id = String((this.#requests += 1));
    /** @type {Promise<any>} */
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#send({ ...message, i: id });
    return within(answer, 'response', PATIENCE);
  }

  /**
   * @param {string} name
   * @param {unknown} [payload]
   * @returns {Promise<any>} The response.
   */
  request(name, payload) {
    return this.#ask({ n: name, p: payload });
  }

  /** @param {string} room @param {object} [options] */
  join(room, options) {
    return this.request('join', { room, ...options });
  }

  /** @param {string} name @returns {any[]} Payloads of its messages of a name, in order. */
  payloads(name) {
    return this.received.filter(({ n }) => n === name).map(({ p }) => p);
  }

  /**
   * Waits until so many messages of a name have come.
   * @param {string} name
   * @param {number} count
   * @returns {Promise<any[]>} The payloads of all of them.
   */
  async got(name, count) {
    await until(() => this.payloads(name).length >= count, `got ${count} times "${name}"`, PATIENCE);
    return this.payloads(name);
  }

  close() {
    this.socket.terminate();
  }
}

/**
 * Connects a client that ends with the test.
 * @param {import('./program').Owner} owner
 * @param {{url: string}} node
 * @param {object} [how]
 * @param {string[]} [how.rooms] That it joins, one after the other, before this resolves.
 * @param {unknown} [how.payload] Of its handshake.
 * @param {object} [how.positions] What it brings; `{}` when it is to be told of positions.
 * @returns {Promise<Member>}
 */
async function connect(owner, node, { rooms = [], payload, positions } = {}) {
  const member = new Member(node.url);
  owner.defer(() => member.close());
  await member.shakeHands(payload, positions);
  for (const room of rooms) await member.join(room);
  return member;
}

/**
 * Connects many, in turn to each node.
 * @param {import('./program').Owner} owner
 * @param {{url: string}[]} nodes
 * @param {number} count
 * @param {Parameters<typeof connect>[2]} [how]
 * @returns {Promise<Member[]>} The first is at the first node, and so on.
 */
function connectMany(owner, nodes, count, how) {
  return Promise.all(Array.from({ length: count }, (_, index) => connect(owner, nodes[index % nodes.length], how)));
}

/**
 * Connects our own client, which reconnects and recovers; it ends with the test.
 * @param {import('./program').Owner} owner
 * @param {{url: string}} node
 * @param {{options?: object, names?: string[]}} [how] Options of the client, and names of messages that it keeps.
 * @returns {Promise<{client: any, received: {n: string, p: any}[], recoveries: any[]}>}
 */
async function connectClient(owner, node, { options = {}, names = ['said'] } = {}) {
  const client = /** @type {any} */ (new Client(node.url, { reconnect: true, ...options }));
  /** @type {{n: string, p: any}[]} */
  const received = [];
  /** @type {any[]} */
  const recoveries = [];
  for (const n of names) client.on(n, (/** @type {any} */ message) => received.push({ n, p: message.payload }));
  client.on('_recovered', (/** @type {any} */ recovery) => recoveries.push(recovery));
  owner.defer(() => client.dispose());
  await within(client.connectAsync(), 'connection of the client', PATIENCE);
  return { client, received, recoveries };
}

module.exports = { Member, connect, connectMany, connectClient };
