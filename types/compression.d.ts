/** Types of the option `perMessageDeflate`. */

/** What may be agreed on with a client, and how the server compresses: the options of `ws`. */
export interface PerMessageDeflateOptions {
  /**
   * `false`: a message of the server may refer to those before it (context takeover), unless the client asks for the
   * opposite. Smaller messages, for about 300 KB a connection. Default `true`: each is compressed by itself.
   */
  serverNoContextTakeover?: boolean | null | undefined;
  /**
   * `false`: the client may do so, for about 40 KB a connection. Default `true`: the client is told to compress each
   * message by itself.
   */
  clientNoContextTakeover?: boolean | null | undefined;
  /**
   * Most bits of the server's window, 8 to 15: less memory with context takeover, larger messages. `false` declines
   * offers that ask for a window. Default: 15, or less if the client asks for that.
   */
  serverMaxWindowBits?: number | boolean | null | undefined;
  /**
   * Most bits of the client's window, 8 to 15; offers of clients that cannot be told are declined. `false` never tells
   * the client. Default: what the client offers.
   */
  clientMaxWindowBits?: number | boolean | null | undefined;
  /** Messages of the server below this many bytes are not compressed. Default 1024. */
  threshold?: number | null | undefined;
  /** Same as `zlibDeflateOptions.level`. */
  level?: number | null | undefined;
  /** Same as `zlibDeflateOptions.memLevel`. */
  memLevel?: number | null | undefined;
  /** How the server compresses. */
  zlibDeflateOptions?: ZlibDeflateOptions | null | undefined;
  /** How the server inflates. */
  zlibInflateOptions?: ZlibInflateOptions | null | undefined;
  /**
   * Most messages compressed at the same time. Each of the `ioThreads` compresses one, so it must not be less than
   * these. Default: no limit.
   */
  concurrencyLimit?: number | null | undefined;
}

/** Options of zlib's deflate, as Node has them. Others of Node's are refused. */
export interface ZlibDeflateOptions {
  /** 0 (none) to 9 (smallest), -1 for zlib's choice, which is 6. Default -1. */
  level?: number | null | undefined;
  /** 1 (least memory) to 9. Default 8. */
  memLevel?: number | null | undefined;
  /** 0 to 4, Node's `zlib.constants.Z_DEFAULT_STRATEGY` to `Z_FIXED`. Default 0. */
  strategy?: number | null | undefined;
  /** Bits of the window, 8 to 15, where no smaller one is agreed on. Default 15. */
  windowBits?: number | null | undefined;
  /** Bytes compressed data is made in, 64 to 1,048,576. Default 16,384. */
  chunkSize?: number | null | undefined;
}

/** Options of zlib's inflate, as Node has them. Others of Node's are refused. */
export interface ZlibInflateOptions {
  /** Bytes inflated at a time, 64 to 1,048,576. Default 16,384. */
  chunkSize?: number | null | undefined;
}
