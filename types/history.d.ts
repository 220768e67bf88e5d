/** Types of rooms with history. */

/** What is kept of the messages of a room: see the option `history`. */
export interface HistoryRule {
  // facts: in-history
  /** Messages kept, 1 or more. */
  size: number;
  /** How long a message is kept, and the history of a room without members, in ms; 1 or more. */
  ttl: number;
  /**
   * Most messages that a client is sent when it comes back; one that has missed more recovers none of them.
   * @default 300
   */
  maxReplay?: number | null | undefined;
  /**
   * What happens to messages while servers that are joined together have lost each other: `wait` keeps them, in
   * order, until they are back; `local` sends them to clients of this server at once, without a position. Without
   * such servers it makes no difference.
   * @default 'wait'
   */
  whenDown?: 'wait' | 'local' | null | undefined;
  // /facts
}

/** Options of `joinRoomAsync`. */
export interface JoinOptions {
  /**
   * How many of the last messages a client is sent that has brought no position, or one that does not help; 0 or
   * more, and `maxReplay` at most. @default 0
   */
  rewind?: number | undefined;
}

/** How a connection has joined a room. */
export interface JoinResult {
  /** Whether the client has brought a position and has been sent every message since then. */
  recovered: boolean;
  /** How many messages from before the join it has been sent. */
  replayed: number;
  /** Where it stands now; absent in a room without history. */
  position?: string;
}

/** Options of reading the history of a room. */
export interface HistoryOptions {
  /** Reads the messages behind this position, the oldest first. @default the last messages */
  since?: string | undefined;
  /** Most messages to read; 0 or more. @default all that are kept */
  limit?: number | undefined;
}

/** A message that is kept. */
export interface StoredMessage {
  /** Its name. */
  name: string;
  /** Its payload. */
  payload?: any;
  /** Where a client stands that has got it. */
  position: string;
}

/** Kept messages of a room. */
export interface History {
  /** The messages, the oldest first. */
  messages: StoredMessage[];
  /** Where to go on: behind the last of them. */
  position: string;
  /**
   * Whether no message is missing from `since`, or without it from the first message of the room, to `position`. If
   * it is false, read the database.
   */
  complete: boolean;
}
