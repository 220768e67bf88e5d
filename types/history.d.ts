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
   * How many of the last messages are sent to a client that has sent no position, or a position that cannot be used; 0 to
   * `maxReplay`. @default 0
   */
  rewind?: number | undefined;
}

/** How a connection has joined a room. */
export interface JoinResult {
  /** Whether the client has sent a position, and was sent every message since then. */
  recovered: boolean;
  /** How many messages from before the join the client was sent. */
  replayed: number;
  /** The client's position now; absent in a room without history. */
  position?: string;
}

/** Options of reading the history of a room. */
export interface HistoryOptions {
  /** Reads the messages after this position, the oldest first. @default the last messages */
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
  /** The position of a client that has received it. */
  position: string;
}

/** Kept messages of a room. */
export interface History {
  /** The messages, the oldest first. */
  messages: StoredMessage[];
  /** The position after the last of them: `since` of the next read. */
  position: string;
  /**
   * Whether no message is missing between `since` and `position`; without `since`, between the first message of the room
   * and `position`. If it is false, get the state from where the application stores it.
   */
  complete: boolean;
}
