/** Types of the end of a server. */

/** How `server.stop` ends the connections in good order. */
export interface StopOptions {
  /**
   * Milliseconds, 0 to 2147483647, after which what is left is cut. Nobody is accepted from the start;
   * each connection gets `_disconnecting`, and is closed when the requests that came before are answered
   * and its `send`s have their responses. Requests that come until then are answered first, too. Close
   * frames are spread over the first half of the time when there are many.
   */
  drain: number;
  /** Close code. @default 1001 */
  code?: number;
  /** Close reason, at most 123 bytes. @default none */
  reason?: string;
}
