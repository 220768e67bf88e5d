// @ts-check
'use strict';

const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { isOfConnection } = require('./batch.js');
const { KIND } = require('./layout.js');
const { outside } = require('../runtime/environment.js');

/** @typedef {import('./batch.js').Batch} Batch */

/** Options of the asynchronous contexts, which are never destroyed. */
const CONTEXT = { requireManualDestroy: true };

/** Names of the properties that every context has. Others hold stores. */
const OWN = new Set(['async_id_symbol', 'trigger_async_id_symbol', 'context_frame']);

/** @returns {AsyncResource} A new context. */
const newContext = () => new AsyncResource('LineEvent', CONTEXT);

/** Found through the proxy of a {@link SharedContext}, it would be slow. */
const { runInAsyncScope } = AsyncResource.prototype;

/**
 * A context in which many handlers run, one after the other. Before Node 24 a store that a handler enters with
 * `AsyncLocalStorage.enterWith` is a property of this object. Its prototype is a proxy, which notices properties that
 * are added.
 */
class SharedContext {
  /** Values that the properties for stores had before any handler. @type {Map<PropertyKey, unknown>} */
  #initial = new Map();
  /** Whether there are properties for stores. They are kept, because deleting them would make the object slow. */
  hasStores = false;

  constructor() {
    /** @type {AsyncResource & Record<PropertyKey, unknown>} */
    this.resource = /** @type {any} */ (new AsyncResource('LineEvents', CONTEXT));
    // The package may have been loaded with a store.
    for (const key of Object.getOwnPropertySymbols(this.resource)) {
      if (!OWN.has(String(key.description))) this.#add(key, this.resource[key]);
    }
    const prototype = new Proxy(AsyncResource.prototype, {
      set: (_target, key, value, receiver) => {
        this.#add(key, undefined);
        return Reflect.defineProperty(receiver, key, { value, writable: true, enumerable: true, configurable: true });
      },
    });
    Object.setPrototypeOf(this.resource, prototype);
  }

  /** @param {PropertyKey} key @param {unknown} initial */
  #add(key, initial) {
    this.hasStores = true;
    this.#initial.set(key, initial);
  }

  /**
   * Takes what the last handler has entered.
   * @returns {AsyncResource | undefined} A context with that; undefined when there is nothing.
   */
  take() {
    const { resource } = this;
    /** @type {(AsyncResource & Record<PropertyKey, unknown>) | undefined} */
    let own;
    for (const [key, initial] of this.#initial) {
      const entered = resource[key];
      if (entered === initial) continue;
      own ??= /** @type {any} */ (newContext());
      /** @type {Record<PropertyKey, unknown>} */ (own)[key] = entered;
      resource[key] = initial;
    }
    return own;
  }
}

/** How `enterWith` works in this Node. */
const { endsWithScope, isProperty } = probe();

function probe() {
  const storage = new AsyncLocalStorage();
  const context = new SharedContext();
  const { resource } = context;
  runInAsyncScope.call(resource, () => storage.enterWith(true));
  const left = runInAsyncScope.call(resource, () => storage.getStore());
  const found = { endsWithScope: left === undefined, isProperty: context.hasStores && context.take() !== undefined };
  storage.disable();
  return found;
}

/**
 * Has events handled in asynchronous contexts, so that `AsyncLocalStorage.enterWith` in a handler does not affect the
 * handlers of other connections. From Node 24 on its effect ends with the scope. Before Node 24 it stays with the
 * context: all handlers share one until one of them enters a store. Then its connection gets a context of its own.
 */
class Contexts {
  #events;
  #connections;
  /** Contexts of connections, by slot. @type {Map<number, AsyncResource>} */
  #own = new Map();
  #shared = outside(() => new SharedContext());
  /** What all handlers run in; without a proxy where that is not needed. */
  #resource = endsWithScope ? outside(newContext) : this.#shared.resource;
  #isShared = isProperty;

  /**
   * @param {import('./events.js').Events} events
   * @param {readonly (object | undefined)[]} connections By slot.
   */
  constructor(events, connections) {
    this.#events = events;
    this.#connections = connections;
  }

  /**
   * Runs a function that calls {@link Contexts.handle}, otherwise in the context of the package's load.
   * @param {() => void} step
   */
  run(step) {
    runInAsyncScope.call(this.#resource, step);
  }

  /**
   * Has the next event of a batch handled. To be called within {@link Contexts.run}.
   * @param {Batch} batch
   */
  handle(batch) {
    if (endsWithScope) {
      runInAsyncScope.call(this.#resource, this.#events.handle, this.#events, batch);
      return;
    }
    if (!this.#isShared || this.#own.size > 0) {
      const own = this.#contextOf(batch.nextKind, batch.nextSlot);
      if (own !== undefined) {
        own.runInAsyncScope(this.#events.handle, this.#events, batch);
        return;
      }
    }
    this.#events.handle(batch);
    if (this.#shared.hasStores) this.#separate(batch.lastKind, batch.lastSlot);
  }

  /**
   * @param {number} kind Of an event.
   * @param {number} slot
   * @returns {AsyncResource | undefined} The context of the connection; undefined when the shared one will do.
   */
  #contextOf(kind, slot) {
    if (!isOfConnection(kind)) return this.#isShared ? undefined : newContext();
    const own = this.#own.get(slot);
    if (kind === KIND.CLOSED) this.#own.delete(slot);
    if (own !== undefined || this.#isShared) return own;
    const context = newContext();
    if (kind !== KIND.CLOSED) this.#own.set(slot, context);
    return context;
  }

  /**
   * What the handler of an event has entered is left to its connection alone.
   * @param {number} kind Of the event.
   * @param {number} slot
   */
  #separate(kind, slot) {
    const own = this.#shared.take();
    if (own === undefined || !isOfConnection(kind) || this.#connections[slot] === undefined) return;
    this.#own.set(slot, own);
  }
}

module.exports = { CONTEXT, Contexts };
