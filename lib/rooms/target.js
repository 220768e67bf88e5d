// @ts-check
'use strict';

const LineError = require('../../common/line-error.js');
const { BROADCAST, integerOf, optionsOf, wordsOf } = require('./target-options.js');
const { ConnectionErrorCode: ErrorCode, ServerErrorCode } = require('../enums.js');
const { outgoing } = require('../connection/message.js');
const { NORMAL, closeProblem } = require('../close-codes.js');
const { Presence } = require('./presence.js');
const { RemoteConnection } = require('./remote-connection.js');
const { readHistory } = require('./history.js');
const { roomLog } = require('../runtime/debug.js');
const { roomName } = require('./names.js');
const { inParts } = require('./parts.js');
const { envelopeOf } = require('./room.js');
const { kGathering, kInbox, kLink, kNative, kSettings } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */

const SEND = Object.freeze(['timeout', 'atLeast', ...BROADCAST]);
const FETCH = Object.freeze(['limit', 'timeout']);

/** The most that the core can be asked for. */
const MOST = 0xffffffff;

/** What no other server has answered. */
const NOBODY = Object.freeze({ count: 0, values: [], errors: [], missing: [] });

/** More answers than there can be. */
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * The connections in some rooms, or all connections. It holds no members: each call looks them up. A member of several
 * of the rooms counts once.
 */
class Target {
  /** @type {Server} */
  #server;
  /** @type {readonly string[] | undefined} */
  #rooms;

  /**
   * @param {Server} server
   * @param {readonly string[] | undefined} rooms Undefined for every connection whose handshake is resolved.
   */
  constructor(server, rooms) {
    this.#server = server;
    this.#rooms = rooms;
  }

  /**
   * Asks other servers about their connections.
   * @param {readonly [what: string, ...args: unknown[]]} question As `askNodes` of the core takes it.
   * @param {number} [timeout] In ms; `requestTimeout` of the adapter by default.
   * @returns {Promise<import('../nodes/link.js').NodesOutcome>}
   */
  #elsewhere(question, timeout) {
    const asked = this.#ask(question, timeout);
    // Members here come first. If it is rejected meanwhile, the call rejects when it awaits it.
    asked.catch(() => {});
    return asked;
  }

  /**
   * @param {readonly [what: string, ...args: unknown[]]} question
   * @param {number} [timeout]
   * @returns {Promise<import('../nodes/link.js').NodesOutcome>}
   */
  async #ask(question, timeout) {
    return (await this.#server[kLink]?.ask(this.#words, question, timeout)) ?? NOBODY;
  }

  /**
   * Sends a message to each member.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @param {import('../../types/rooms.d.ts').BroadcastOptions} [options]
   * @throws {LineError} `mInvalidJson`, or `sInvalidOptions`, naming the option.
   */
  broadcast(name, payload, options) {
    this.#broadcast(name, payload, options);
  }

  /**
   * Sends a message to each member.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @param {import('../../types/rooms.d.ts').BroadcastOptions} [options]
   * @returns {Promise<{position?: string}>} Resolves when it is queued, with its position in a single room with history;
   *   with an adapter, when the engine has it. Rejects as {@link broadcast} throws, and with `sAdapterDown` or
   *   `sAdapterBusy` when it was not published.
   */
  async broadcastAsync(name, payload, options) {
    const link = this.#server[kLink];
    if (link !== undefined && !options?.local) return this.#publish(link, name, payload, options);
    const position = this.#broadcast(name, payload, options);
    return position === undefined ? {} : { position };
  }

  /**
   * @param {import('../nodes/link.js').Link} link
   * @param {string} name
   * @param {unknown} payload
   * @param {import('../../types/rooms.d.ts').BroadcastOptions} [options]
   * @returns {Promise<{position?: string}>}
   */
  #publish(link, name, payload, options) {
    const target = wordsOf(this.#server, this.#rooms, optionsOf(options, BROADCAST));
    return link.publish(target, envelopeOf(name, payload));
  }

  /**
   * @param {string} name
   * @param {unknown} payload
   * @param {import('../../types/rooms.d.ts').BroadcastOptions} [options]
   * @returns {string | undefined} Its position in a single room with history.
   */
  #broadcast(name, payload, options) {
    const target = wordsOf(this.#server, this.#rooms, optionsOf(options, BROADCAST));
    const text = envelopeOf(name, payload);
    if (roomLog.enabled) roomLog('%o "%s"', this.#rooms ?? 'everyone', name);
    const position = this.#server[kNative].broadcastTo(target, text);
    // Where there are other servers, all messages of the running code are published together.
    if (this.#server[kLink] !== undefined) this.#server[kInbox].scheduleFlush();
    return position;
  }

  /**
   * Asks each member.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @param {import('../../types/rooms.d.ts').AskOptions} [options]
   * @returns {Promise<import('./gathering.js').Gathered>} Resolves when each has answered or left, `atLeast` have
   *   answered, or the time is over. Rejects as {@link broadcast} throws, and with `scTooManySends`.
   */
  async send(name, payload, options) {
    const known = optionsOf(options, SEND);
    const target = wordsOf(this.#server, this.#rooms, known);
    const timeout = integerOf(known, 'timeout', 0, this.#server[kSettings].responseTimeout);
    const atLeast = integerOf(known, 'atLeast', 1, ALL);
    return this.#server[kGathering].ask(target, outgoing(name, payload), timeout, atLeast);
  }

  /**
   * The members.
   * @param {import('../../types/rooms.d.ts').FetchOptions} [options]
   * @returns {Promise<{members: RemoteConnection[], missingNodes: string[]}>}
   */
  async fetch(options) {
    const known = optionsOf(options, FETCH);
    const timeout = integerOf(known, 'timeout', 0, undefined);
    const limit = integerOf(known, 'limit', 0, ALL);
    const others = this.#elsewhere(['fetch', Math.min(limit, MOST)], timeout);
    /** @type {RemoteConnection[]} */
    const members = [];
    await this.#inParts((native, key) => {
      const texts = native.listSome(key);
      /** @type {[string, unknown][]} */
      const listed = texts?.flatMap((text) => JSON.parse(text)) ?? [];
      const left = limit - members.length;
      for (const [id, info] of listed.slice(0, left)) members.push(new RemoteConnection(this.#server, id, info));
      return texts !== undefined && listed.length < left;
    });
    const { values, missing } = await others;
    for (const [id, info] of values.slice(0, limit - members.length)) members.push(new RemoteConnection(this.#server, id, info));
    return { members, missingNodes: missing };
  }

  /** @returns {Promise<{count: number, missingNodes: string[]}>} The number of members. */
  async count() {
    const count = this.#server[kNative].countMembers(this.#words);
    const others = await this.#elsewhere(['count']);
    return { count: count + others.count, missingNodes: others.missing };
  }

  /**
   * Begins to close the connection of each member. Messages that they send from then on reach no handler.
   * @param {number} [code] Close code, 1000 by default.
   * @param {string} [reason] At most 123 bytes.
   * @returns {Promise<{closed: number, missingNodes: string[]}>} How many were open. Rejects with
   *   `scWebsocketError` when code or reason cannot be sent.
   */
  async close(code = NORMAL, reason = '') {
    const problem = closeProblem(code, reason);
    if (problem !== undefined) throw new LineError(ErrorCode.WEBSOCKET_ERROR, problem);
    let closed = 0;
    const others = this.#elsewhere(['close', code, reason]);
    await this.#inParts((native, key) => {
      const slots = native.closeSome(key, code, reason);
      closed += slots?.length ?? 0;
      return slots !== undefined;
    }, true);
    const { count, missing } = await others;
    return { closed: closed + count, missingNodes: missing };
  }

  /**
   * Adds each member to a room.
   * @param {string} room
   * @returns {Promise<{joined: number, missingNodes: string[]}>} How many were not in it before.
   */
  async join(room) {
    const name = roomName(room);
    let joined = 0;
    const others = this.#elsewhere(['join', name]);
    await this.#inParts((native, key) => {
      const count = native.joinSome(key, name);
      joined += Math.max(count, 0);
      return count >= 0;
    });
    // As with joinRoomAsync: from now on messages of other servers for the room come.
    await this.#server[kLink]?.subscribed(name);
    const { count: more, missing } = await others;
    return { joined: joined + more, missingNodes: missing };
  }

  /**
   * Removes each member from a room.
   * @param {string} room
   * @returns {Promise<{left: number, missingNodes: string[]}>} How many were in it.
   */
  async leave(room) {
    const name = roomName(room);
    let left = 0;
    const others = this.#elsewhere(['leave', name]);
    await this.#inParts((native, key) => {
      const count = native.leaveSome(key, name);
      left += Math.max(count, 0);
      return count >= 0;
    });
    const { count: more, missing } = await others;
    return { left: left + more, missingNodes: missing };
  }

  /**
   * Reads kept messages of the room.
   * @param {import('../../types/history.d.ts').HistoryOptions} [options]
   * @returns {Promise<import('../../types/history.d.ts').History>} Rejects with a {@link LineError}: `sInvalidAction` when
   *   this is not a single room, or one without history; `sInvalidOptions`, naming the option.
   */
  async history(options) {
    const [room, ...others] = this.#rooms ?? [];
    if (room === undefined || others.length > 0) {
      const text = 'Each room has a history of its own: ask for that of a single room, with server.room(name)';
      throw new LineError(ServerErrorCode.INVALID_ACTION, text);
    }
    return readHistory(this.#server, room, options);
  }

  /**
   * Who is in the room, and who comes and goes.
   * @returns {Presence}
   * @throws {LineError} `sInvalidAction` when the room has no presence, or the target is not one room.
   */
  presence() {
    if (this.#rooms?.length === 1) return new Presence(this.#server, this.#rooms[0]);
    throw new LineError(ServerErrorCode.INVALID_ACTION, 'Only a single room has presence: call server.room(name).presence()');
  }

  /**
   * Does something with each that is meant now.
   * @param {(native: import('../binding/native.js').NativeServer, key: number) => boolean} act See {@link inParts}.
   * @param {boolean} [areClosed] Whether what they send from now on is dropped.
   */
  #inParts(act, areClosed = false) {
    const { [kNative]: native } = this.#server;
    const key = native.selectMembers(this.#words, areClosed);
    // Also of those whose turn comes later.
    if (areClosed) this.#server[kInbox].ignoreClosed();
    return inParts(this.#server, key, () => act(native, key));
  }

  /** @returns {import('../binding/native.js').TargetWords} */
  get #words() {
    return [this.#rooms, undefined, undefined, undefined];
  }
}

module.exports = { Target };
