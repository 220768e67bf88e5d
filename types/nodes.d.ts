/** Types of `server.nodes`: the servers that are joined by the option `adapter`. */

import { Emitter } from './emitter.js';
import type { EmitterEvents } from './emitter.js';
import type { LineError } from './errors.js';
import type { Message } from './messages.js';

/** A server among those that are joined. */
export interface NodeInfo {
  /** 16 hexadecimal digits, made anew at each start. */
  readonly id: string;
  /** The option `nodeName`, or the name of its host. */
  readonly name: string;
  /** Its process. */
  readonly pid: number;
  /** Version of the package. */
  readonly version: string;
  /** Connections that it had when it was last heard of. */
  readonly connections: number;
  /** Rooms with members that it had then. */
  readonly rooms: number;
  /** When it was last heard of, in milliseconds as of `Date.now()`. */
  readonly lastSeen: number;
  /** Whether it is this server. */
  readonly isSelf: boolean;
}

/** What `_resumed` tells. */
export interface Resumed {
  /** Milliseconds for which this server was not joined with the others. */
  readonly downFor: number;
  /** Rooms with history in which messages of that time were missing. */
  readonly gaps: number;
  /** Of these, the rooms in which they could not be read again. */
  readonly lost: number;
}

/** Events of {@link Nodes} besides messages. One that nobody listens for is logged, and throws nothing. */
export interface NodesEvents extends EmitterEvents {
  // facts: nodes-event-types
  /** This server is joined with the others. */
  _up: [];
  /**
   * The engine cannot be reached, or has failed; the server tries again by itself. Without a listener it is a warning
   * of the process, with the code `LINE_ADAPTER_DOWN`.
   */
  _down: [error: LineError<'sAdapterDown'>];
  /** After `_up`, when it was down before. */
  _resumed: [resumed: Resumed];
  /**
   * The engine is connected, and cannot do a part of what it is asked, which the error names: a full Redis keeps no
   * messages of rooms with history. What waits is tried again. `state` stays `up`, and plain rooms reach all servers.
   * `_restored` or `_down` follows.
   */
  _degraded: [error: LineError<'sAdapterDown'>];
  /** After `_degraded`: the engine has done again for a second all that it is asked. */
  _restored: [];
  /** Another server has joined. */
  _joined: [node: NodeInfo];
  /** The answer to a message of another server could not be sent. */
  _error: [error: LineError];
  /** Another server has stopped, or counts as dead. */
  _left: [node: NodeInfo];
  // /facts
}

/** What other servers have answered. Keys are ids of servers. */
export interface NodeAnswers<Response = any> {
  /** What they resolved the message with. */
  responses: Map<string, Response>;
  /** `scMessageRejected`; their error is the `payload`. */
  errors: Map<string, LineError>;
  /** Servers that did not answer in time. */
  missingNodes: string[];
}

/**
 * The servers that are joined by the option `adapter`, and messages between them. A message is an event with its name, whose
 * listeners get a {@link Message}.
 */
export declare class Nodes extends Emitter<NodesEvents, { [name: string]: [message: Message] }> {
  private constructor();

  /**
   * `off`: there is no adapter, or the server does not run. `connecting`: not joined yet. `up`: joined. `down`: the engine
   * cannot be reached.
   */
  readonly state: 'off' | 'connecting' | 'up' | 'down';
  /** The servers that are joined, this one first. Without an adapter it is the only one. */
  list(): NodeInfo[];
  /**
   * Sends a message to all other servers, or to one, and resolves with their answers when all have answered or the time is
   * over. A server on which nobody answers is among `missingNodes` then. Rejects with `mInvalidJson` or `sInvalidOptions`.
   */
  send(name: string, payload?: any, options?: {
    /** Milliseconds to wait; 0 is forever. @default the option `requestTimeout` of the adapter, or 5000 */
    timeout?: number;
    /** Id of the only server that it is for. @default all others */
    to?: string;
  }): Promise<NodeAnswers>;
  /** Sends a message to all other servers, or to one. Throws `mInvalidJson` or `sInvalidOptions`. */
  sendWithoutResponse(name: string, payload?: any, options?: {
    /** Id of the only server that it is for. @default all others */
    to?: string;
  }): void;
}
