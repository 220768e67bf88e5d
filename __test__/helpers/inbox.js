// @ts-check
'use strict';

const { Inbox } = require('../../lib/binding/inbox.js');
const { KIND, LANE, NONE, SIZE } = require('../../lib/binding/layout.js');
const { kInbox, kLifecycle, kNative, kOnMessage } = require('../../lib/symbols.js');

/** Most events that one batch has here. */
const BATCH = 64;

/**
 * An inbox whose native side is a fake: events are messages of one connection, which `handle` handles.
 */
class FakeServer {
  /** Events that wait, by queue. */
  events = [0, 0];
  /** Selections of members that were dropped. @type {number[]} */
  dropped = [];

  /** @param {(lane: number) => void} [handle] Handles an event of a queue. */
  constructor(handle = () => {}) {
    let lane = 0;
    /** @type {any} */
    const server = this;
    server[kNative] = {
      answers: { submit() {} },
      intern: () => 1,
      take: (/** @type {Int32Array} */ words, /** @type {number} */ from) => {
        const count = Math.min(BATCH, this.events[from]);
        this.events[from] -= count;
        words[2] = Number(this.events.some((left) => left > 0));
        if (count === 0) return undefined;
        words[0] = count;
        words[1] = 0;
        for (let index = 0; index < count; index += 1) {
          // The slot is that of the queue.
          words.set([KIND.MESSAGE, from, 1, NONE, NONE, NONE, NONE, 0], SIZE.HEADER + index * SIZE.RECORD);
        }
        return '';
      },
      flush() {},
      fence: () => false,
      passed: () => 0,
      dropMembers: (/** @type {number} */ key) => this.dropped.push(key),
    };
    server[kLifecycle] = { onFailure() {} };
    this.inbox = server[kInbox] = new Inbox(server);
    this.inbox.intern('name');
    for (lane of [LANE.SPARSE, LANE.BACKLOGGED]) {
      const from = lane;
      this.inbox.connections[lane] = /** @type {any} */ ({ [kOnMessage]: () => handle(from) });
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
