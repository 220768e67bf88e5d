// @ts-check
'use strict';

/**
 * The histories of rooms with `adapter: 'cluster'`, in the memory of the primary process. They behave as those that
 * `lua/publish.lua` keeps in Redis: the state of a history outlives its messages, and whoever comes back late learns that
 * messages are missing.
 */

const { clearInterval, now, setRepeatingTimer } = require('../runtime/environment.js');

/** How much longer than two lives of its messages the state of a history lives, in ms. */
const LONGER = 24 * 60 * 60 * 1000;

/** Milliseconds between two looks for what is over. */
const SWEEP = 30_000;

/** Bytes that a message takes beside its text, about. */
const MESSAGE = 64;

/** Bytes that all messages take together, unless something else is told. */
const MOST = 64 * 1024 * 1024;

/** Histories that are kept without messages while nobody uses them. */
const MOST_IDLE = 100_000;

/** Milliseconds without use after which nobody does: servers ask for the positions of their rooms every 30 s. */
const IDLE = 120_000;

/**
 * A message that is to be kept.
 * @typedef {object} Entry
 * @property {string} channel That of the room.
 * @property {string} data The message.
 * @property {string} tag Tells two messages with one offset from each other.
 * @property {string} epoch Of the history, if it begins with this message.
 * @property {number} size Most messages that are kept.
 * @property {number} ttl Milliseconds that they are kept after the last one.
 * @property {string} id By which it is known when it is given again: `server:batch:index`.
 */

/**
 * What is kept of a room.
 * @typedef {object} Kept
 * @property {string | null} position Where the history stands; null when there is none.
 * @property {[position: string, data: string][]} messages The oldest first.
 */

/** Servers whose last batch is known. */
const MOST_SERVERS = 256;

/** That of one room. */
class History {
  /** Messages so far. */
  offset = 0;
  /** The tag of the last one. */
  tag = '0';
  /** Those that are kept, from {@link first} on, each its tag and its text. @type {{tag: string, data: string}[]} */
  #list = [];
  #first = 0;
  /** What the kept messages take. */
  bytes = 0;
  /** When the messages are over, and when the state is. */
  messagesEnd = 0;
  end = 0;
  /** When it was used last. */
  used = 0;

  /**
   * @param {string} channel
   * @param {string} epoch
   */
  constructor(channel, epoch) {
    this.channel = channel;
    this.epoch = epoch;
  }

  get position() {
    return `${this.epoch}:${this.offset}:${this.tag}`;
  }

  get length() {
    return this.#list.length - this.#first;
  }

  /**
   * @param {string} tag
   * @param {string} data
   */
  push(tag, data) {
    this.offset += 1;
    this.tag = tag;
    this.#list.push({ tag, data });
    this.bytes += data.length + MESSAGE;
  }

  /** Drops the oldest message. */
  shift() {
    this.bytes -= this.#list[this.#first].data.length + MESSAGE;
    this.#list[this.#first].data = '';
    this.#first += 1;
    // Now and then, so that a message costs little however many there are.
    if (this.#first * 2 >= this.#list.length) {
      this.#list = this.#list.slice(this.#first);
      this.#first = 0;
    }
  }

  clear() {
    this.#list = [];
    this.#first = 0;
    this.bytes = 0;
  }

  /**
   * @param {number | null} after An offset.
   * @param {number} limit
   * @returns {[string, string][]} The first messages behind an offset, or the last of all.
   */
  read(after, limit) {
    const { length } = this;
    const oldest = this.offset - length + 1;
    const from = after === null ? Math.max(length - limit, 0) : Math.max(after + 1 - oldest, 0);
    const found = this.#list.slice(this.#first + from, this.#first + Math.min(from + limit, length));
    return found.map(({ tag, data }, index) => [`${this.epoch}:${oldest + from + index}:${tag}`, data]);
  }
}

class Histories {
  /** Most bytes of all messages together; above it, the rooms that keep most give up their oldest messages. */
  limit = MOST;
  /** By channel, those that were used last at the end. @type {Map<string, History>} */
  #histories = new Map();
  /** The same by the power of two of their bytes. @type {Set<History>[]} */
  #classes = Array.from({ length: 33 }, () => new Set());
  #bytes = 0;
  /** The last batch of each server: positions by channel and index. @type {Map<string, {number: string, positions: Map<string, string>}>} */
  #batches = new Map();
  /** @type {NodeJS.Timeout | undefined} */
  #timer = undefined;
  #now;

  /** @param {() => number} [clock] In ms. */
  constructor(clock = now) {
    this.#now = clock;
  }

  get bytes() {
    return this.#bytes;
  }

  get count() {
    return this.#histories.size;
  }

  /**
   * Keeps a message, unless it was kept before.
   * @param {Entry} entry
   * @returns {{position: string, isNew: boolean}}
   */
  append(entry) {
    const [server, number, index] = entry.id.split(':');
    let batch = this.#batches.get(server);
    if (batch?.number !== number) {
      // A server begins another batch when it knows what has become of the last one.
      batch = { number, positions: new Map() };
      this.#batches.delete(server);
      this.#batches.set(server, batch);
      if (this.#batches.size > MOST_SERVERS) {
        const [oldest] = this.#batches.keys();
        this.#batches.delete(oldest);
      }
    }
    const key = `${index} ${entry.channel}`;
    const known = batch.positions.get(key);
    if (known !== undefined) return { position: known, isNew: false };
    const position = this.#keep(entry);
    batch.positions.set(key, position);
    return { position, isNew: true };
  }

  /**
   * @param {Entry} entry
   * @returns {string} Its position.
   */
  #keep({ channel, data, tag, epoch, size, ttl }) {
    const history = this.#use(channel, epoch, ttl);
    this.#change(history, () => {
      history.push(tag, data);
      while (history.length > size) history.shift();
    });
    history.messagesEnd = this.#now() + ttl;
    const { position } = history;
    this.#shrink();
    return position;
  }

  /**
   * @param {string} channel
   * @param {number | null} after
   * @param {number} limit
   * @returns {Kept}
   */
  read(channel, after, limit) {
    const history = this.#find(channel);
    if (history === undefined) return { position: null, messages: [] };
    return { position: history.position, messages: history.read(after, limit) };
  }

  /**
   * @param {string} channel
   * @param {string} epoch Of the history if there is none.
   * @param {number} ttl
   * @returns {string} Where it stands.
   */
  position(channel, epoch, ttl) {
    return this.#use(channel, epoch, ttl).position;
  }

  /** Drops what is over, and of what nobody uses what is too much. */
  sweep() {
    for (const channel of this.#histories.keys()) this.#find(channel);
    const time = this.#now();
    for (const history of this.#histories.values()) {
      if (this.#histories.size <= MOST_IDLE || time - history.used < IDLE) return;
      if (history.length === 0) this.#drop(history);
    }
  }

  /**
   * @param {string} channel
   * @returns {History | undefined} One that is not over.
   */
  #find(channel) {
    const history = this.#histories.get(channel);
    if (history === undefined) return undefined;
    const time = this.#now();
    if (history.end <= time) {
      this.#drop(history);
      return undefined;
    }
    if (history.messagesEnd <= time && history.length > 0) this.#change(history, () => history.clear());
    return history;
  }

  /**
   * @param {string} channel
   * @param {string} epoch
   * @param {number} ttl
   * @returns {History} Which lives on.
   */
  #use(channel, epoch, ttl) {
    let history = this.#find(channel);
    if (history === undefined) {
      history = new History(channel, epoch);
      this.#timer ??= setRepeatingTimer(() => this.sweep(), SWEEP).unref();
    } else {
      this.#histories.delete(channel);
    }
    this.#histories.set(channel, history);
    history.used = this.#now();
    history.end = history.used + 2 * ttl + LONGER;
    return history;
  }

  /** @param {History} history */
  #drop(history) {
    this.#change(history, () => history.clear());
    this.#histories.delete(history.channel);
    if (this.#histories.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * @param {History} history
   * @param {() => void} change Of its messages.
   */
  #change(history, change) {
    const before = history.bytes;
    change();
    this.#bytes += history.bytes - before;
    const [from, to] = [classOf(before), classOf(history.bytes)];
    if (from === to) return;
    this.#classes[from].delete(history);
    if (to > 0) this.#classes[to].add(history);
  }

  /** Drops what is above the limit. */
  #shrink() {
    let at = this.#classes.length - 1;
    while (this.#bytes > this.limit && at > 0) {
      // One that keeps at least half as many bytes as any other.
      const [largest] = this.#classes[at];
      if (largest === undefined) at -= 1;
      else this.#change(largest, () => largest.shift());
    }
  }
}

/** @param {number} bytes @returns {number} 0 for none, else one more than the power of two that is not above them. */
function classOf(bytes) {
  return 32 - Math.clz32(Math.min(bytes, 0xffffffff));
}

module.exports = { Histories };
