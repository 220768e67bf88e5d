// @ts-check
'use strict';

/** Engines in JavaScript that join servers of one process, and fail in the ways that engines can. */

/** What engines are joined by. */
class Bus {
  /** @type {Map<string, Set<BusEngine>>} */
  subscribers = new Map();

  /** By channel. @type {Map<string, BusHistory>} */
  histories = new Map();

  engine() {
    return new BusEngine(this);
  }

  keepingEngine() {
    return new KeepingEngine(this);
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

/** @typedef {{epoch: string, offset: number, tag: string, kept: {position: string, data: Uint8Array}[]}} BusHistory */

/** One that keeps histories. */
class KeepingEngine extends BusEngine {
  /**
   * @param {string} channel
   * @param {string} epoch
   * @returns {BusHistory}
   */
  #history(channel, epoch) {
    const history = this.bus.histories.get(channel) ?? { epoch, offset: 0, tag: '0', kept: [] };
    this.bus.histories.set(channel, history);
    return history;
  }

  /**
   * @param {import('../../../types/adapter.d.ts').EngineEntry[]} entries
   * @returns {Promise<(string | Error)[]>}
   */
  async append(entries) {
    this.calls.push('append');
    return entries.map(({ channel, data, tag, epoch, size }) => {
      const history = this.#history(channel, epoch);
      Object.assign(history, { offset: history.offset + 1, tag });
      const position = `${history.epoch}:${history.offset}:${tag}`;
      const copy = Uint8Array.from(data);
      history.kept.push({ position, data: copy });
      history.kept.splice(0, Math.max(history.kept.length - size, 0));
      for (const engine of this.bus.subscribers.get(channel) ?? []) setImmediate(() => engine.sink?.message(channel, copy, position));
      return position;
    });
  }

  /**
   * @param {string} channel
   * @param {number | undefined} after
   * @param {number} limit
   * @returns {Promise<import('../../../types/adapter.d.ts').EngineReading>}
   */
  async read(channel, after, limit) {
    this.calls.push('read');
    const history = this.bus.histories.get(channel);
    if (history === undefined) return { position: null, messages: [] };
    const { epoch, offset, tag, kept } = history;
    const behind = kept.filter(({ position }) => after === undefined || Number(position.split(':')[1]) > after);
    return { position: `${epoch}:${offset}:${tag}`, messages: after === undefined ? behind.slice(-limit) : behind.slice(0, limit) };
  }

  /**
   * @param {import('../../../types/adapter.d.ts').EngineHistory[]} histories
   * @returns {Promise<string[]>}
   */
  async positions(histories) {
    this.calls.push('positions');
    return histories.map(({ channel, epoch }) => {
      const history = this.#history(channel, epoch);
      return `${history.epoch}:${history.offset}:${history.tag}`;
    });
  }
}

module.exports = { Bus, BusEngine, KeepingEngine };
