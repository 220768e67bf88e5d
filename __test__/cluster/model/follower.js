// @ts-check
'use strict';

/** Clients that come and go, and check every message that they get. */

const { within } = require('../../helpers/timing');
const { connect } = require('../support/members');
const { PATIENCE } = require('../support/program');

/** @typedef {import('../support/members').Member} Member */

/** @param {string} position @returns {{epoch: string, offset: number}} */
function partsOf(position) {
  const [epoch, offset] = position.split(':');
  return { epoch, offset: Number(offset) };
}

/** What is known of all clients together. */
class Ledger {
  /** What is wrong. @type {string[]} */
  faults = [];
  /** Payloads by room, epoch and offset. @type {Map<string, unknown>} */
  #places = new Map();
  /** Where each payload is, by room and payload. @type {Map<string, string>} */
  #payloads = new Map();
  counts = { messages: 0, plain: 0, recovered: 0, notRecovered: 0, connections: 0, keptAgain: 0 };

  /** @param {string} text */
  fault(text) {
    this.faults.push(text);
  }

  /**
   * Notes where in a room a message is: the same for all clients, and for whoever published it.
   * @param {string} room
   * @param {string} position
   * @param {unknown} payload
   * @param {string} who
   */
  place(room, position, payload, who) {
    const { epoch, offset } = partsOf(position);
    const key = `${room} ${epoch}:${offset}`;
    if (!this.#places.has(key)) this.#places.set(key, payload);
    else if (this.#places.get(key) !== payload) this.fault(`${who}: ${payload} at ${key}, where ${this.#places.get(key)} is for others`);
    const place = `${room} ${payload}`;
    const other = this.#payloads.get(place);
    if (other === undefined) this.#payloads.set(place, key);
    else if (other === key) return;
    // Redis has lost its data, with the message and before the node was told that it had been kept: it is kept again.
    else if (!other.startsWith(`${room} ${epoch}:`)) this.counts.keptAgain += 1;
    else this.fault(`${who}: ${payload} at ${key}, and at ${other}`);
  }
}

/** One client, over all its connections. */
class Follower {
  /** @type {Member | undefined} */
  member = undefined;
  /** Its last position by room. @type {Map<string, string>} */
  #positions = new Map();
  /** Rooms without history: the last number by room and sender, in this connection. @type {Map<string, number>} */
  #last = new Map();
  /** Rooms that it has asked to be in. */
  rooms = new Set();
  #taken = 0;

  /**
   * @param {string} name
   * @param {Ledger} ledger
   */
  constructor(name, ledger) {
    this.name = name;
    this.ledger = ledger;
  }

  get isConnected() {
    return this.member?.socket.readyState === 1;
  }

  /**
   * Connects, also where it was connected elsewhere, and joins its rooms again.
   * @param {import('../support/program').Owner} owner
   * @param {{url: string}} node
   * @returns {Promise<void>} Rejects when the node goes meanwhile.
   */
  async connect(owner, node) {
    await this.disconnect();
    this.#last.clear();
    this.#taken = 0;
    this.ledger.counts.connections += 1;
    const member = await connect(owner, node, { positions: Object.fromEntries(this.#positions) });
    this.member = member;
    for (const room of this.rooms) await member.join(room);
  }

  async disconnect() {
    if (this.member === undefined) return;
    this.member.close();
    await within(this.member.ended, 'end of a connection', PATIENCE);
    this.check();
    this.member = undefined;
  }

  /** @param {string} room */
  async join(room) {
    this.rooms.add(room);
    if (this.isConnected) await this.member?.join(room);
  }

  /** @param {string} room */
  async leave(room) {
    this.rooms.delete(room);
    if (this.isConnected) await this.member?.request('leave', room);
    this.check();
    // What is sent while it is away is not missed.
    this.#positions.delete(room);
  }

  /** Looks at what has come since. */
  check() {
    const received = this.member?.received ?? [];
    while (this.#taken < received.length) this.#take(received[this.#taken++]);
  }

  /** @param {string} room @returns {string | undefined} */
  positionOf(room) {
    this.check();
    return this.#positions.get(room);
  }

  /** @param {string} text */
  #fault(text) {
    this.ledger.fault(`${this.name}: ${text}`);
  }

  /** @param {import('../support/members').Received} message */
  #take({ n: name, p: payload, r: room, o: position }) {
    if (name === '_o') this.#stand(/** @type {string} */ (room), position, payload);
    else if (room === undefined && payload?.number !== undefined) this.#takePlain(name, payload);
    else if (room === undefined) return;
    else this.#takeKept(room, position, payload);
  }

  /**
   * What the server says of its position: after a join, a gap or leaving.
   * @param {string} room
   * @param {string | null} position
   * @param {{recovered: boolean, replayed: number} | undefined} payload
   */
  #stand(room, position, payload) {
    const before = this.#positions.get(room);
    if (position === null) return void this.#positions.delete(room);
    this.#positions.set(room, position);
    if (!payload?.recovered) return void (this.ledger.counts.notRecovered += before === undefined ? 0 : 1);
    this.ledger.counts.recovered += 1;
    if (before === undefined) return this.#fault(`${room}: recovered, but it had brought no position`);
    const [was, is] = [partsOf(before), partsOf(position)];
    if (was.epoch !== is.epoch || was.offset !== is.offset) this.#fault(`${room}: recovered at ${position}, but what it got ends at ${before}`);
  }

  /**
   * A message of a room with history: the next one.
   * @param {string} room
   * @param {string} position
   * @param {unknown} payload
   */
  #takeKept(room, position, payload) {
    this.ledger.counts.messages += 1;
    this.ledger.place(room, position, payload, this.name);
    const before = this.#positions.get(room);
    this.#positions.set(room, position);
    if (before === undefined) return;
    const [was, is] = [partsOf(before), partsOf(position)];
    if (was.epoch !== is.epoch) this.#fault(`${room}: ${position} after ${before} without a word`);
    else if (is.offset <= was.offset) this.#fault(`${room}: ${position} after ${before}: ${is.offset === was.offset ? 'twice' : 'out of order'}`);
    else if (is.offset > was.offset + 1) this.#fault(`${room}: ${position} after ${before}: ${is.offset - was.offset - 1} missing without a word`);
  }

  /**
   * A message of a room without history: what a node sent comes at most once, in its order.
   * @param {string} room Its name is that of the message.
   * @param {{from: string, number: number}} payload
   */
  #takePlain(room, payload) {
    this.ledger.counts.plain += 1;
    const key = `${room} ${payload.from}`;
    const before = this.#last.get(key);
    this.#last.set(key, payload.number);
    if (before !== undefined && payload.number <= before) this.#fault(`${room}: number ${payload.number} of ${payload.from} after ${before}`);
  }
}

module.exports = { Follower, Ledger };
