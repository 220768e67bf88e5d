// @ts-check
'use strict';

const { Inbox } = require('../../lib/binding/inbox.js');
const { KIND, LANE, NONE, SIZE } = require('../../lib/binding/layout.js');
const { kInbox, kLifecycle, kNative, kOnMessage } = require('../../lib/symbols.js');

/** Most events that one batch has here. */
const BATCH = 64;

/** Slots of connections. */
const SLOTS = 32;

/**
 * An inbox whose native side is a fake: events are messages, which `handle` handles. The slot of their connection is the
 * number of the queue, unless it is said.
 */
class FakeServer {
  /** Events that wait, by queue. */
  events = [0, 0];
  /** Slots of events without a backlog that wait, before those that are only counted. @type {number[]} */
  slots = [];
  /** What the inbox told of handled batches: the queue, and the batches that are left. @type {[number, number][]} */
  told = [];
  /** Selections of members that were dropped. @type {number[]} */
  dropped = [];

  /** @param {(slot: number) => void} [handle] Handles an event of a connection. */
  constructor(handle = () => {}) {
    /** @type {any} */
    const server = this;
    server[kNative] = {
      answers: { submit() {} },
      intern: () => 1,
      take: (/** @type {Int32Array} */ words, /** @type {number} */ from) => {
        const slots = from === LANE.SPARSE ? this.slots.splice(0, BATCH) : [];
        const counted = slots.length > 0 ? 0 : Math.min(BATCH, this.events[from]);
        const count = slots.length + counted;
        this.events[from] -= counted;
        words[2] = Number(this.slots.length > 0 || this.events.some((left) => left > 0));
        if (count === 0) return undefined;
        words[0] = count;
        words[1] = 0;
        for (let index = 0; index < count; index += 1) {
          words.set([KIND.MESSAGE, slots[index] ?? from, 1, NONE, NONE, NONE, NONE, 0], SIZE.HEADER + index * SIZE.RECORD);
        }
        return '';
      },
      flush: (/** @type {number} */ lane, /** @type {number} */ left) => {
        if (lane >= 0) this.told.push([lane, left]);
      },
      fence: () => false,
      passed: () => 0,
      dropMembers: (/** @type {number} */ key) => this.dropped.push(key),
    };
    server[kLifecycle] = { onFailure() {} };
    this.inbox = server[kInbox] = new Inbox(server);
    this.inbox.intern('name');
    for (let slot = 0; slot < SLOTS; slot += 1) {
      this.inbox.connections[slot] = /** @type {any} */ ({ [kOnMessage]: () => handle(slot) });
    }
  }

  /**
   * Events come.
   * @param {number} lane
   * @param {number} count
   */
  receive(lane, count) {
    this.events[lane] += count;
    this.inbox.wake();
  }
}

module.exports = { FakeServer };
