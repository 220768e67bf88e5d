/** Types of presence: who is in a room. */

import { Emitter } from './emitter.js';
import type { EmitterEvents } from './emitter.js';

/** How the presence of a room works: see the option `presence`. */
export interface PresenceRule {
  // facts: in-presence
  /**
   * Milliseconds that a member stays that has lost its connection; 0 is not at all. One that comes back with the same
   * id meanwhile was never gone. A member that leaves by `leaveRoom` leaves at once.
   * @default 5000
   */
  leaveDelay?: number | null | undefined;
  /**
   * What listeners are told. `'each'`: every join and leave, in order. `'batched'`: what has changed in 100 ms,
   * without members that came and went in that time; in a room of more than 1,000 members only the numbers of
   * `change`. `'none'`: nothing.
   * @default 'batched'
   */
  events?: 'each' | 'batched' | 'none' | null | undefined;
  // /facts
}

/** A member of a room. */
export interface PresenceMember {
  /** The id of its connection. */
  id: string;
  /** The `info` of its connection; undefined when it has none. */
  info: unknown;
}

/** What has changed in a room, in total. */
export interface PresenceChange {
  /** Members now. */
  count: number;
  /** Members that have come. */
  joined: number;
  /** Members that have gone. */
  left: number;
  /** Members whose `info` has changed. */
  changed: PresenceMember[];
}

/** Events of the presence of a room. */
export interface PresenceEvents extends EmitterEvents {
  // facts: presence-event-types
  /** A member has come. */
  join: [member: PresenceMember];
  /** A member has gone. */
  leave: [member: PresenceMember];
  /** The members of the room have changed: after the `join`s and `leave`s of the same time. */
  change: [change: PresenceChange];
  // /facts
}

/** Who is in a room, and who comes and goes. The server reports changes only while there are listeners. */
export declare class Presence extends Emitter<PresenceEvents> {
  private constructor();

  /** The members, in no order; at most `limit`. Rejects with `sInvalidOptions`. */
  list(options?: { limit?: number }): Promise<{
    /** The members, in no order. */
    members: PresenceMember[];
    /** Processes that did not answer: none without an adapter. */
    missingNodes: string[];
  }>;
  /** How many members there are. */
  count(): Promise<{
    /** How many there are. */
    count: number;
    /** Processes that did not answer: none without an adapter. */
    missingNodes: string[];
  }>;
}
