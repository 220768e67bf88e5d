// @ts-check
'use strict';

/**
 * Passes messages on between the servers of the processes of Node's `cluster`. It is in their primary process; a process
 * that is no worker has one for its own servers.
 */

/** Bytes that may wait for one process to read them. One that is behind loses its connection. */
const MOST_WAITING = 16 * 1024 * 1024;

/**
 * Sends several messages, as channel and data in turn. `done` is called when they are on their way.
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

/** Which servers have subscribed to which channels. */
class Relay {
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
   * @param {Port} from
   * @param {readonly string[]} messages Channel and data in turn.
   */
  publish(from, messages) {
    /** @type {Map<Port, string[]>} */
    const batches = new Map();
    for (let index = 0; index + 1 < messages.length; index += 2) {
      const channel = messages[index];
      for (const port of this.#subscribers.get(channel) ?? []) {
        // A server does not need its own messages, except to see that they come back.
        if (port === from && !channel.endsWith(':n')) continue;
        const batch = batches.get(port);
        if (batch === undefined) batches.set(port, [channel, messages[index + 1]]);
        else batch.push(channel, messages[index + 1]);
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
