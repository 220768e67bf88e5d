// @ts-check
'use strict';

const { Batch, isOfConnection } = require('./batch.js');
const { KIND } = require('./layout.js');

/** @typedef {import('./batch.js').NativeEvent} NativeEvent */

/** What stands for the server among the slots. */
const SERVER = -1;

/** With so many events, or so much text in bytes or characters, no more are taken over: what may wait in one queue of the core. */
const MOST = 2048;
const MOST_TEXT = 8 * 1024 * 1024;

/**
 * Events of several batches, an event of each connection in turn, as in fair queueing (RFC 8290, section 1.2). Events
 * of one connection keep their order, and so do those of the server itself.
 */
class RoundRobin {
  /**
   * Events of each connection by slot, the oldest first. The connection whose turn it is comes first.
   * @type {Map<number, {event: NativeEvent, batch: {left: number}}[]>}
   */
  #flows = new Map();
  /** How many events of each batch are left; of the oldest batch there are some. @type {{left: number}[]} */
  #batches = [];
  /** For the event that was taken last. */
  #one = new Batch(1);
  /** How many events there are, and how long their texts are. */
  size = 0;
  #text = 0;

  /** How many batches there are, without the oldest of which nothing is left. */
  get batches() {
    return this.#batches.length;
  }

  /** Whether more may be taken over. */
  get hasRoom() {
    return this.size < MOST && this.#text < MOST_TEXT;
  }

  /**
   * Takes over all events of a batch that are not read.
   * @param {Batch} from
   */
  add(from) {
    const batch = { left: 0 };
    while (from.isOpen) {
      const event = from.read(from.next());
      // What opens a connection is told to the server, and comes before the events of the connection.
      const key = isOfConnection(event.kind) || event.kind === KIND.OPENED ? event.slot : SERVER;
      const flow = this.#flows.get(key);
      if (flow === undefined) this.#flows.set(key, [{ event, batch }]);
      else flow.push({ event, batch });
      batch.left += 1;
      this.size += 1;
      this.#text += lengthOf(event);
    }
    this.#batches.push(batch);
  }

  /**
   * Takes the event whose turn it is. To be called while there are events.
   * @returns {Batch} A batch with this one event, until the next is taken.
   */
  take() {
    for (const [key, flow] of this.#flows) {
      this.#flows.delete(key);
      const first = flow.shift();
      if (first === undefined) continue;
      if (flow.length > 0) this.#flows.set(key, flow);
      this.size -= 1;
      this.#text -= lengthOf(first.event);
      first.batch.left -= 1;
      while (this.#batches[0]?.left === 0) this.#batches.shift();
      this.#one.beginOne(first.event);
      break;
    }
    return this.#one;
  }
}

/** @param {NativeEvent} event */
function lengthOf({ name, id, payload, error }) {
  return (name?.length ?? 0) + (id?.length ?? 0) + (payload?.length ?? 0) + (error?.length ?? 0);
}

module.exports = { RoundRobin };
