/** Types of the option `perMessageDeflate`. */

/** What may be agreed on with a client, and how the server compresses: the options of `ws`. */
export interface PerMessageDeflateOptions {
  // facts: in-per-message-deflate
  /**
   * `false`: a message of the server may refer to those before it (context takeover), unless the client asks for the
   * opposite. Messages are smaller, for about 300 KB of memory a connection. `true`: each message is compressed by
   * itself.
   * @default true
   */
  serverNoContextTakeover?: boolean | null | undefined;
  /**
   * `false`: the same for the client's messages, for about 40 KB of memory a connection. `true`: the client is told
   * to compress each message by itself.
   * @default true
   */
  clientNoContextTakeover?: boolean | null | undefined;
  /**
   * Most bits of the server's window, 8 to 15: fewer take less memory with context takeover, and make larger
   * messages. `false` declines offers that ask for a window.
   * @default 15, or less if the client asks for that
   */
  serverMaxWindowBits?: number | boolean | null | undefined;
  /**
   * Most bits of the client's window, 8 to 15; offers of clients that do not accept a limit are declined. `false`
   * never sets one.
   * @default what the client offers
   */
  clientMaxWindowBits?: number | boolean | null | undefined;
  /** Messages of the server below this many bytes are not compressed. @default 1024 */
  threshold?: number | null | undefined;
  /** The same as `zlibDeflateOptions.level`. */
  level?: number | null | undefined;
  /** The same as `zlibDeflateOptions.memLevel`. */
  memLevel?: number | null | undefined;
  /** How the server compresses. */
  zlibDeflateOptions?: ZlibDeflateOptions | null | undefined;
  /** How the server inflates. */
  zlibInflateOptions?: ZlibInflateOptions | null | undefined;
  /**
   * Most messages compressed at the same time. Each of the `ioThreads` compresses one, so it must not be less than
   * these.
   * @default no limit
   */
  concurrencyLimit?: number | null | undefined;
  // /facts
}

/** Options of zlib's deflate, as Node has them. Others of Node's are refused. */
export interface ZlibDeflateOptions {
  // facts: in-zlib-deflate-options
  /** 0 (no compression) to 9 (smallest); -1 is zlib's choice, which is 6. @default -1 */
  level?: number | null | undefined;
  /** Memory for compressing, 1 (least) to 9. @default 8 */
  memLevel?: number | null | undefined;
  /** Node's `zlib.constants.Z_DEFAULT_STRATEGY` (0) to `Z_FIXED` (4). @default 0 */
  strategy?: number | null | undefined;
  /** Bits of the window, 8 to 15, where no smaller one is agreed on. @default 15 */
  windowBits?: number | null | undefined;
  /** Bytes in which compressed data is made, 64 to 1,048,576. @default 16384 */
  chunkSize?: number | null | undefined;
  // /facts
}

/** Options of zlib's inflate, as Node has them. Others of Node's are refused. */
export interface ZlibInflateOptions {
  // facts: in-zlib-inflate-options
  /** Bytes inflated at a time, 64 to 1,048,576. @default 16384 */
  chunkSize?: number | null | undefined;
  // /facts
}
