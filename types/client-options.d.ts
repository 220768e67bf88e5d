/** Options of the client. */

/**
 * Options of `new LineClient`. Times are integers in milliseconds; 0 means no limit where it is
 * allowed. Misspelt names throw `cInvalidOptions`; names that resemble none are warned of once, and have
 * no effect. The object itself gets the defaults, and is live: what is changed there later holds from the
 * next use on.
 */
export interface ClientOptions {
  // facts: client-options
  /** The handshake, which follows the opening of each connection. */
  handshake?: {
    /** Time the server has to open the WebSocket, and then to answer; 0 is no limit. @default 30000 */
    timeout?: number;
    /** Sent to the server, whose `handshake` listeners decide by it: any JSON value. */
    payload?: any;
  };
  /** Time the server has to answer a `send`; 0 is no limit. @default 10000 */
  responseTimeout?: number;
  /** Time the server has to close the connection before it is given up; 0 is no limit. @default 5000 */
  disconnectTimeout?: number;
  /** Silence of the server after which it is pinged; 0 is never. @default 20000 */
  pingInterval?: number;
  /**
   * Largest message the server may send, in bytes; a larger one ends the connection with 4209, or 1006 where the
   * WebSocket itself refuses it. 0 is no limit.
   * @default 104857600
   */
  maxPayload?: number;
  /**
   * Levels of objects and arrays that a message of the server may be nested, itself included; a deeper one is no
   * message. 0 is no limit.
   * @default 1000
   */
  maxDepth?: number;
  /**
   * Whether to connect again when the connection is lost or cannot be made, or the handshake is rejected; not when
   * the error it is rejected with has the property `retry: false`, nor when the server has closed with 4208, because
   * another connection has taken the id.
   * @default true
   */
  reconnect?: boolean;
  /** When to connect again. */
  reconnectOptions?: {
    /** First delay; 1 or more. @default 1000 */
    initialDelay?: number;
    /** How the delay grows: it is `initialDelay * multiply * attempt`. 1 or more. @default 1.5 */
    multiply?: number;
    /** Longest delay, before `randomness` adds to it; `initialDelay` or more. @default 30000 */
    maxDelay?: number;
    /** Part of the delay that is added at most, at random; 0 or more. @default 0.5 */
    randomness?: number;
    /**
     * Draws the delay evenly between 0 and `initialDelay * multiply ** attempt` instead: clients that a restart has
     * disconnected together come back apart.
     * @default false
     */
    fullJitter?: boolean;
    /**
     * How long a connection must last for the delay to begin anew with `initialDelay`: else a server that ends each
     * connection at once would be connected to without end. 0 is any connection.
     * @default 5000
     */
    minUptime?: number;
  };
  /** Messages sent without a connection wait for one, instead of being rejected. @default false */
  queue?: QueueOptions | false;
  /**
   * Where the client stands in rooms with history, by room, as `client.positions` of an earlier page has told. It
   * brings them when it connects, and the server sends what was missed once it lets the client into the rooms.
   * @default none
   */
  positions?: { readonly [room: string]: string } | null | undefined;
  /** Whether to measure uptime, for `getUptime`. @default false */
  uptime?: boolean;
  /** How to measure uptime. */
  uptimeOptions?: {
    /** How often to look whether the client is connected; 1 or more. @default 5000 */
    interval?: number;
    /** Over what time to measure; `interval` or more. @default 300000 */
    window?: number;
  };
  /**
   * Whether to find out by HTTP where the server redirects to when a connection fails, and to connect to that next.
   * Only on the same host and port, and never from `wss:` to `ws:`; see `redirectOrigins`.
   * @default false
   */
  followRedirections?: boolean;
  /**
   * Other origins that redirects may lead to, such as `wss://eu.example.org`: they get the payload of the handshake.
   * @default none
   */
  redirectOrigins?: readonly string[] | undefined;
  /**
   * Whether to heed, in browsers, `online`, `offline` and the page's visibility: to connect at once when the network
   * is back or the page is looked at again, and to ping when the connection is in doubt.
   * @default true
   */
  watchNetwork?: boolean;
  /**
   * The WebSocket class to use, called with the URL.
   * @default the global one; in a Node without it, that of the package `ws`
   */
  webSocket?: WebSocketClass | undefined;
  // /facts
}

/** A class with the API of WebSockets in browsers. */
export interface WebSocketClass {
  /** Begins to connect. */
  new (url: string): any;
}

/** What waits for a connection. */
export interface QueueOptions {
  /** Messages that may wait, 1 or more; further ones are rejected with `cQueueFull`. @default 100 */
  max?: number;
  /** Time a message may wait, else it is rejected with `cQueueExpired`; 0 is no limit. @default 30000 */
  ttl?: number;
}

/** Options of one `send`. */
export interface SendOptions {
  /** Time the server has to answer; 0 is no limit. @default the option `responseTimeout` */
  timeout?: number | undefined;
  /** Ends the wait: the promise rejects with the signal's reason. A message that was sent stays sent. */
  signal?: AbortSignal | undefined;
}

/** Options of `messages`. */
export interface MessagesOptions {
  /** Ends the iteration, which throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Messages that may wait to be read, else the iteration throws `cQueueFull`. @default 1000 */
  max?: number | undefined;
}
