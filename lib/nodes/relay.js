// @ts-check
'use strict';

/**
 * Passes messages on between the servers of the processes of Node's `cluster`. It is in their primary process; a process
 * that is no worker has one for its own servers.
 */

const { Histories } = require('./histories.js');

/** Bytes that may wait for one process to read them. One that is behind loses its connection. */
const MOST_WAITING = 16 * 1024 * 1024;

/**
 * Sends several messages, as channel, data and position in turn: a list of {@link Relay}. `done` is called when they are on their way.
 * @typedef {(messages: string[], done: () => void) => void} Deliver
 */

/** A server that is joined. */
class Port {
  /**
   * @param {Deliver} deliver
   * @param {() => void} lose Tells the server that messages for it were dropped.
   */
  constructor(deliver, lose) {
    this.deliver = deliver;
    this.lose = lose;
    /** @type {Set<string>} */
    this.channels = new Set();
    /** Characters that are on their way. */
    this.waiting = 0;
  }
}

/**
 * Which servers have subscribed to which channels, and the histories of their rooms. Messages are lists of texts, in which each is its channel, its data and
 * its position; that is empty unless it is kept.
 */
class Relay {
  histories = new Histories();
  /** @type {Map<string, Set<Port>>} */
  #subscribers = new Map();

  /**
   * @param {Port} port
   * @param {readonly string[]} channels
   */
  subscribe(port, channels) {
    for (const channel of channels) {
      port.channels.add(channel);
      let ports = this.#subscribers.get(channel);
      if (ports === undefined) this.#subscribers.set(channel, (ports = new Set()));
      ports.add(port);
    }
  }

  /**
   * @param {Port} port
   * @param {Iterable<string>} channels
   */
  unsubscribe(port, channels) {
    for (const channel of channels) {
      port.channels.delete(channel);
      const ports = this.#subscribers.get(channel);
      ports?.delete(port);
      if (ports?.size === 0) this.#subscribers.delete(channel);
    }
  }

  /**
   * Ends all subscriptions.
   * @param {Port} port
   */
  leave(port) {
    this.unsubscribe(port, [...port.channels]);
  }

  /**
   * Keeps messages, and publishes each with its position.
   * @param {readonly import('./histories.js').Entry[]} entries
   * @returns {string[]} The positions.
   */
  append(entries) {
    const kept = entries.map((entry) => this.histories.append(entry));
    this.publish(undefined, entries.flatMap(({ channel, data }, index) => (kept[index].isNew ? [channel, data, kept[index].position] : [])));
    return kept.map(({ position }) => position);
  }

  /**
   * @param {Port | undefined} from
   * @param {readonly string[]} messages
   */
  publish(from, messages) {
    /** @type {Map<Port, string[]>} */
    const batches = new Map();
    for (let index = 0; index + 2 < messages.length; index += 3) {
      const [channel, data, position] = messages.slice(index, index + 3);
      for (const port of this.#subscribers.get(channel) ?? []) {
        // A server does not need its own messages, except to see that they come back.
        if (port === from && !channel.endsWith(':n')) continue;
        const batch = batches.get(port);
        if (batch === undefined) batches.set(port, [channel, data, position]);
        else batch.push(channel, data, position);
      }
    }
    for (const [port, batch] of batches) this.#deliver(port, batch);
  }

  /**
   * @param {Port} port
   * @param {string[]} batch
   */
  #deliver(port, batch) {
    const size = batch.reduce((sum, text) => sum + text.length, 0);
    if (port.waiting > 0 && port.waiting + size > MOST_WAITING) {
      this.leave(port);
      port.lose();
      return;
    }
    port.waiting += size;
    port.deliver(batch, () => {
      port.waiting -= size;
    });
  }
}

/** That of this process. */
const relay = new Relay();

module.exports = { Port, Relay, relay };
