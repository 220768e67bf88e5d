// @ts-check
'use strict';

/** Engines in JavaScript that join servers of one process, and fail in the ways that engines can. */

/** What engines are joined by. */
class Bus {
  /** @type {Map<string, Set<BusEngine>>} */
  subscribers = new Map();

  engine() {
    return new BusEngine(this);
  }
}

/** An engine. Its methods can be replaced by a test. */
class BusEngine {
  /** @type {import('../../../types/adapter.d.ts').EngineSink | undefined} */
  sink = undefined;
  /** Names of methods that were called, without `publish`. @type {string[]} */
  calls = [];

  /** @param {Bus} bus */
  constructor(bus) {
    this.bus = bus;
  }

  /** @param {import('../../../types/adapter.d.ts').EngineSink} sink */
  async start(sink) {
    this.calls.push('start');
    this.sink = sink;
  }

  /**
   * @param {string} channel
   * @param {Uint8Array} data
   */
  publish(channel, data) {
    const copy = Uint8Array.from(data);
    for (const engine of this.bus.subscribers.get(channel) ?? []) setImmediate(() => engine.sink?.message(channel, copy));
  }

  /**
   * @param {string[]} channels
   * @returns {void | Promise<void>}
   */
  subscribe(channels) {
    this.calls.push('subscribe');
    for (const channel of channels) {
      const engines = this.bus.subscribers.get(channel) ?? new Set();
      engines.add(this);
      this.bus.subscribers.set(channel, engines);
    }
  }

  /** @param {string[]} channels */
  unsubscribe(channels) {
    this.calls.push('unsubscribe');
    for (const channel of channels) this.bus.subscribers.get(channel)?.delete(this);
  }

  async stop() {
    this.calls.push('stop');
    for (const engines of this.bus.subscribers.values()) engines.delete(this);
  }
}

module.exports = { Bus, BusEngine };
