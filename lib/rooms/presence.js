// @ts-check
'use strict';

const Emitter = require('../emitter/emitter.js');
const LineError = require('../../common/line-error.js');
const { ServerErrorCode } = require('../enums.js');
const { integerOf, optionsOf } = require('./target-options.js');
const { Sequence } = require('../binding/sequence.js');
const { kInbox, kLink, kNative, kPresences } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */

/**
 * A member of a room.
 * @typedef {object} Member
 * @property {string} id
 * @property {unknown} info
 */

const LIST = Object.freeze(['limit']);

/** Largest number of members that can be requested from the core. */
const ALL = 0xffffffff;

/** Who is in a room, and who comes and goes. The core keeps the members, and reports changes while there are listeners. */
class Presence extends Emitter {
  /** @type {Server} */
  #server;
  /** @type {string} */
  #room;

  /**
   * @param {Server} server
   * @param {string} room
   * @throws {LineError} `sInvalidAction` when the room has no presence.
   */
  constructor(server, room) {
    super();
    this.#server = server;
    this.#room = room;
    this.#read(0);
  }

  /**
   * @param {{limit?: number}} [options]
   * @returns {Promise<{members: Member[], missingNodes: string[]}>} The members, in no order.
   */
  async list(options) {
    const limit = Math.min(integerOf(optionsOf(options, LIST), 'limit', 0, ALL), ALL);
    const { members, isHeld } = this.#read(limit);
    const outcome = isHeld ? undefined : await this.#elsewhere('fetch', limit);
    /** @type {[id: string, info?: unknown][]} */
    const listed = outcome?.values.slice(0, limit) ?? members.flatMap((text) => JSON.parse(text));
    return { members: listed.map(([id, info]) => ({ id, info })), missingNodes: outcome?.missing ?? [] };
  }

  /** @returns {Promise<{count: number, missingNodes: string[]}>} How many members there are. */
  async count() {
    const { count, isHeld } = this.#read(0);
    const outcome = isHeld ? undefined : await this.#elsewhere('count');
    return { count: outcome?.count ?? count, missingNodes: outcome?.missing ?? [] };
  }

  /**
   * Asks other servers: they do not tell this one of their members while it has none itself, and no listener.
   * @param {readonly [what: string, ...args: unknown[]]} question As `askNodes` of the core takes it.
   * @returns {Promise<import('../nodes/link.js').NodesOutcome | undefined>} Undefined when there is nobody to ask.
   */
  async #elsewhere(...question) {
    return this.#server[kLink]?.ask([[this.#room], undefined, undefined, undefined], question);
  }

  /**
   * Adds a listener; see the emitter. The first one makes the core report changes.
   * @param {any} eventName
   * @param {any} handler
   * @param {number} [execLimit]
   * @param {boolean} [prepend]
   * @returns {any} This emitter.
   */
  addListener(eventName, handler, execLimit, prepend) {
    super.addListener(eventName, handler, execLimit, prepend);
    this.#server[kPresences].watch(this.#room, this);
    return this;
  }

  /** @param {any} listener */
  removeListener_(listener) {
    super.removeListener_(listener);
    if (this.eventNames().length + this.regexes().length === 0) this.#server[kPresences].unwatch(this.#room, this);
  }

  /** @param {number} limit */
  #read(limit) {
    const listed = this.#server[kNative].core.listPresence(this.#room, limit);
    if (listed !== null) return listed;
    const text = `The room "${this.#room}" has no presence: give it some with the option "presence"`;
    throw new LineError(ServerErrorCode.INVALID_ACTION, text);
  }
}

/** The listeners for changes of presence. */
class Presences {
  #server;
  /** By the names of rooms. @type {Map<string, Set<Presence>>} */
  #watched = new Map();

  /** Calls of listeners, in their order. */
  #telling = new Sequence((chore) => this.#server[kInbox].addChore(chore));

  /** @param {Server} server */
  constructor(server) {
    this.#server = server;
  }

  /**
   * @param {string} room
   * @param {Presence} presence It has a listener.
   */
  watch(room, presence) {
    let all = this.#watched.get(room);
    if (all === undefined) {
      all = new Set();
      this.#watched.set(room, all);
      this.#server[kNative].core.watchPresence(room, true);
    }
    all.add(presence);
  }

  /**
   * @param {string} room
   * @param {Presence} presence It has no listener any more.
   */
  unwatch(room, presence) {
    const all = this.#watched.get(room);
    if (all === undefined || !all.delete(presence) || all.size > 0) return;
    this.#watched.delete(room);
    this.#server[kNative].core.watchPresence(room, false);
  }

  /** The core has changes to report. */
  onChanged() {
    /** @type {[string, number, number, number, ['join' | 'leave' | 'change', string, unknown][]][]} */
    const rooms = this.#server[kNative].core.takePresence().flatMap((text) => JSON.parse(text));
    /** @type {[Presence, string, object][]} */
    const told = [];
    for (const [room, count, joined, left, changes] of rooms) {
      for (const presence of this.#watched.get(room) ?? []) {
        const changed = [];
        for (const [change, id, info] of changes) {
          if (change === 'change') changed.push({ id, info });
          else told.push([presence, change, { id, info }]);
        }
        told.push([presence, 'change', { count, joined, left, changed }]);
      }
    }
    // Thousands may leave at once.
    this.#telling.handle(told, ([presence, event, value]) => {
      this.#server[kInbox].guard(() => presence.emit(event, value));
    });
  }
}

module.exports = { Presence, Presences };
