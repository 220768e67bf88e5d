/** Types of messages, which the server and the client share; nothing here needs Node. */

import { Emitter } from './emitter.js';
import type { EmitterEvents } from './emitter.js';
import type { MessageErrorCodes } from './errors.js';

/** What one message carries: its payload, and the value it is resolved with. Absent means none. */
export interface MessageShape {
  /** What the sender gives, any JSON value. */
  payload?: any;
  /** What the receiver resolves the message with, any JSON value. */
  response?: any;
}

/** Names and shapes of the messages going one way; interfaces fit. */
export type MessageMap<M> = { [K in keyof M]: MessageShape };

/** Names of the messages of a map. */
export type MessageName<M> = keyof M & string;

/** The map used without type arguments: any name, any payload, any response. */
export interface AnyMessages {
  [name: string]: {
    /** Anything. */
    payload: any;
    /** Anything. */
    response: any;
  };
}

/** The payload of a {@link MessageShape}; `undefined` when it has none. */
export type PayloadOf<T> = 'payload' extends keyof T ? T['payload'] : undefined;
/** The value that a message of a {@link MessageShape} is resolved with; `undefined` when there is none. */
export type ResponseOf<T> = 'response' extends keyof T ? T['response'] : undefined;

/**
 * Arguments of a method that takes a value: it may be left out only where `undefined` is allowed. The first
 * alternative is there for functions that are generic over names of messages, where it is not known yet.
 */
export type ValueArgs<V, Rest extends any[] = []> =
  | [payload: V, ...rest: Rest]
  | (undefined extends V ? [payload?: V, ...rest: Rest] : never);

/** Events of a message, after it was responded to. */
export interface MessageEvents extends EmitterEvents {
  // facts: message-event-types
  /** It was resolved, with this value. */
  resolved: [payload: any];
  /** It was rejected, with this error. */
  rejected: [err: any];
  // /facts
}

/**
 * A received message. If it has an `id`, the sender waits for a response: respond once, with `resolve` or `reject`, at any
 * time.
 */
export declare class Message<Payload = any, Response = any> extends Emitter<MessageEvents> {
  /** Makes a message. `send` and similar methods make their messages by themselves. */
  constructor(fields: {
    /** Any name but those of the protocol. */
    name: string;
    /** Any JSON value. */
    payload?: Payload;
    /** See {@link Message.id}. */
    id?: string;
    /** See {@link Message.err}. */
    err?: any;
  });

  /** Names the protocol uses itself (contract section 1). */
  static readonly Name: {
    /** The answer to a message. */
    readonly RESPONSE: '_r';
    /** A client's first message. */
    readonly HANDSHAKE: '_h';
    /** Answered with `pong`. */
    readonly PING: '_p';
  };
  /** The values of `Name`. */
  static readonly ReservedNames: string[];
  /** Values of `code` of the errors thrown by messages. */
  static readonly ErrorCode: MessageErrorCodes;

  /** Reads the text of a message, a string or its bytes in UTF-8. Throws `mInvalidJson`. */
  static parse(raw: string | Uint8Array): Message;

  /** The name that listeners listen for. */
  name: string;
  /** The payload, parsed from JSON. */
  payload: Payload;
  /** Absent when the sender does not wait for a response. */
  id?: string;
  /** Error of a response. */
  err?: any;

  /**
   * Sends a response. Throws `mMissingId`, `mAlreadyResponded` or `mInvalidJson`. When no
   * handler catches `mMissingId` or `mInvalidJson`, it is emitted as `_error`.
   */
  resolve(...args: ValueArgs<Response>): void;
  /** Sends an error as response. Throws as `resolve`. */
  reject(err?: any): void;
  /** Sets the id, by default a random one, and returns it. */
  setId(id?: string): string;
  /** A response to this message, not sent. */
  createResponse(err?: any, payload?: any): Message;
  /** The message as sent: JSON with the keys `n`, `p`, `i`, `e`. */
  toString(): string;
  /** Removes all listeners. */
  dispose(): void;
}

/** Listeners by name of message. */
export type MessageListeners<M> = {
  [K in keyof M]: [message: Message<PayloadOf<M[K]>, ResponseOf<M[K]>>];
};
