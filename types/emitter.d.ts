/**
 * Types of the emitter under the classes of `line-socket-native`. Listeners are checked against two
 * maps from event to arguments: `Known`, the events of the class itself, and `Open`, those of the
 * application. `Messages`, a map of messages, is for functions that are generic over their names: what
 * the other two mean for a name is only known when the name is.
 */

import type { Message, PayloadOf, ResponseOf } from './messages.js';

/** One of a kind, or several. */
type OneOrMore<T> = T | readonly T[];
/** What listeners are for: a name, or a pattern of names. */
export type EventName = string | RegExp;

/** A listener; what it returns is among the results of `emit`. */
export type Handler<Args extends any[] = any[]> = (this: ListenerRecord, ...args: Args) => any;

/** Arguments of an event: a known one, else one of the open map. */
type EventArgs<Known, Open, K> = K extends keyof Known
  ? Extract<Known[K], any[]>
  : K extends keyof Open ? Extract<Open[K], any[]> : never;

/** Names and patterns; one alone is an overload of its own. */
type Names<K> = readonly (K | RegExp)[];

/** Listeners of an event. */
type Handlers<Known, Open, K> = OneOrMore<Handler<EventArgs<Known, Open, K>>>;
/** Listeners of an event of the class itself. */
type KnownHandlers<Known, K extends keyof Known> = OneOrMore<Handler<Extract<Known[K], any[]>>>;
/** Listeners of a message. */
type MessageHandlers<M, K extends keyof M> = OneOrMore<Handler<[message: Message<PayloadOf<M[K]>, ResponseOf<M[K]>>]>>;

/** `this` inside a listener declared with `function`: a copy of the listener before this call. */
export interface ListenerRecord {
  /** Name listened to; absent when listening by pattern. */
  eventName?: string;
  /** Pattern listened to; absent when listening by name. */
  eventNameRegex?: RegExp;
  /** The handler itself. */
  handler: Handler;
  /** Calls completed before this one. */
  execCount: number;
  /** Calls allowed in all; 0 is no limit. */
  execLimit: number;
  /** Removes the listener. */
  onExpire(listener: Listener): void;
  /** The event emitted. */
  event: {
    /** Its name. */
    name: string;
  };
}

/** One handler listening to one name or pattern. */
export declare class Listener {
  /**
   * `execLimit`: calls after which it is removed; 0, the default, is no limit. Throws when an argument
   * has the wrong type.
   */
  constructor(eventName: EventName, handler: Handler, execLimit?: number);
  /** Name listened to; absent when listening by pattern. */
  eventName?: string;
  /** Pattern listened to; absent when listening by name. */
  eventNameRegex?: RegExp;
  /** The function called. */
  handler: Handler;
  /** Calls completed. */
  execCount: number;
  /** Calls allowed in all; 0 is no limit. */
  execLimit: number;
  /** Calls the handler, and `onExpire` once the limit is reached. */
  execute(that: object, args: unknown[]): any;
  /** Whether the pattern matches the name of an event. */
  testRegexWith(eventName: string): boolean;
  /** Removes the listener from its emitter. */
  onExpire(listener: Listener): void;
}

/** Events of every emitter about itself. */
export interface EmitterEvents {
  /** Before a listener is added. */
  newListener: [eventName: EventName, handler: Handler];
  /** After a listener was removed. */
  removeListener: [eventName: EventName, handler: Handler];
}

/**
 * The emitter under the classes: the API of `event-emitter-extra` (contract section 2). Names may be
 * strings, patterns or arrays of these; handlers may be arrays.
 */
export declare class Emitter<Known = {}, Open = { [name: string]: any[] }, Messages = {}> {
  /** Listeners allowed per name. @default 10 */
  static defaultMaxListeners: number;
  /** Listeners by pattern allowed in all. @default 10 */
  static defaultMaxRegexListeners: number;
  /** The class of listeners. */
  static readonly Listener: typeof Listener;

  /** Adds a listener. `limit`: calls after which it is removed; 0, the default, is no limit. */
  addListener(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>, limit?: number): this;
  addListener<K extends keyof Known & string>(name: K, handler: KnownHandlers<Known, K>, limit?: number): this;
  addListener<K extends keyof Messages & string>(name: K, handler: MessageHandlers<Messages, K>, limit?: number): this;
  addListener<K extends (keyof Known | keyof Open) & string>(names: Names<K>, handler: Handlers<Known, Open, K>, limit?: number): this;
  addListener<K extends (keyof Known | keyof Open) & string>(name: K, handler: Handlers<Known, Open, K>, limit?: number): this;

  /** Adds a listener. Throws when the name has the maximum already. */
  on(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>): this;
  on<K extends keyof Known & string>(name: K, handler: KnownHandlers<Known, K>): this;
  on<K extends keyof Messages & string>(name: K, handler: MessageHandlers<Messages, K>): this;
  on<K extends (keyof Known | keyof Open) & string>(names: Names<K>, handler: Handlers<Known, Open, K>): this;
  on<K extends (keyof Known | keyof Open) & string>(name: K, handler: Handlers<Known, Open, K>): this;

  /** Adds a listener for one call. */
  once(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>): this;
  once<K extends keyof Known & string>(name: K, handler: KnownHandlers<Known, K>): this;
  once<K extends keyof Messages & string>(name: K, handler: MessageHandlers<Messages, K>): this;
  once<K extends (keyof Known | keyof Open) & string>(names: Names<K>, handler: Handlers<Known, Open, K>): this;
  once<K extends (keyof Known | keyof Open) & string>(name: K, handler: Handlers<Known, Open, K>): this;

  /** Adds a listener for a number of calls; 0 is no limit. */
  many(name: OneOrMore<RegExp>, count: number, handler: OneOrMore<Handler>): this;
  many<K extends keyof Known & string>(name: K, count: number, handler: KnownHandlers<Known, K>): this;
  many<K extends keyof Messages & string>(name: K, count: number, handler: MessageHandlers<Messages, K>): this;
  many<K extends (keyof Known | keyof Open) & string>(names: Names<K>, count: number, handler: Handlers<Known, Open, K>): this;
  many<K extends (keyof Known | keyof Open) & string>(name: K, count: number, handler: Handlers<Known, Open, K>): this;

  /** Adds a listener before the others. Arrays are appended all the same. */
  prependListener(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>, limit?: number): this;
  prependListener<K extends keyof Known & string>(name: K, handler: KnownHandlers<Known, K>, limit?: number): this;
  prependListener<K extends keyof Messages & string>(name: K, handler: MessageHandlers<Messages, K>, limit?: number): this;
  prependListener<K extends (keyof Known | keyof Open) & string>(names: Names<K>, handler: Handlers<Known, Open, K>, limit?: number): this;
  prependListener<K extends (keyof Known | keyof Open) & string>(name: K, handler: Handlers<Known, Open, K>, limit?: number): this;

  /** Adds a listener before the others, for one call. */
  prependOnceListener(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>): this;
  prependOnceListener<K extends keyof Known & string>(name: K, handler: KnownHandlers<Known, K>): this;
  prependOnceListener<K extends keyof Messages & string>(name: K, handler: MessageHandlers<Messages, K>): this;
  prependOnceListener<K extends (keyof Known | keyof Open) & string>(names: Names<K>, handler: Handlers<Known, Open, K>): this;
  prependOnceListener<K extends (keyof Known | keyof Open) & string>(name: K, handler: Handlers<Known, Open, K>): this;

  /** Adds a listener before the others, for a number of calls. */
  prependManyListener(name: OneOrMore<RegExp>, count: number, handler: OneOrMore<Handler>): this;
  prependManyListener<K extends keyof Known & string>(name: K, count: number, handler: KnownHandlers<Known, K>): this;
  prependManyListener<K extends keyof Messages & string>(name: K, count: number, handler: MessageHandlers<Messages, K>): this;
  prependManyListener<K extends (keyof Known | keyof Open) & string>(names: Names<K>, count: number, handler: Handlers<Known, Open, K>): this;
  prependManyListener<K extends (keyof Known | keyof Open) & string>(name: K, count: number, handler: Handlers<Known, Open, K>): this;

  /** Removes the listeners of a handler. Throws when the name has no listeners at all. */
  removeListener(eventName: OneOrMore<EventName>, handler: OneOrMore<(...args: any[]) => any>): this;
  /** Removes the listeners of a name or pattern; without an argument, all. */
  removeAllListeners(eventName?: OneOrMore<EventName> | null): this;

  /** Names that have listeners. */
  eventNames(): string[];
  /** Patterns of the listeners by pattern. */
  regexes(): RegExp[];
  /** Handlers of a name or pattern. */
  listeners(eventName: EventName): Handler[];
  /** Number of listeners of a name or pattern. */
  listenerCount(eventName: EventName): number;

  /** How many listeners a name may have; 0 is no limit. */
  getMaxListeners(): number;
  /** Sets how many listeners a name may have; 0 is no limit. @default 10 */
  setMaxListeners(n: number): this;
  /** How many listeners by pattern there may be. */
  getMaxRegexListeners(): number;
  /** Sets how many listeners by pattern there may be; 0 allows none. @default 10 */
  setMaxRegexListeners(n: number): this;

  /** Calls the listeners. Returns what they returned, or `false` when there are none. */
  emit(eventName: OneOrMore<string>, ...args: any[]): any[] | false;
  /** Calls the listeners and waits for their promises; rejects with `No listener` when there are none. */
  emitAsync(eventName: OneOrMore<string>, ...args: any[]): Promise<any[]>;
}
