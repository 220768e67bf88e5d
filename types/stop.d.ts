/** Types of the end of a server. */

/** How `server.stop` ends the connections in good order. */
export interface StopOptions {
  /**
   * Milliseconds, 0 to 2147483647, after which the remaining connections are cut. New connections are refused at once.
   * Each connection emits `_disconnecting`, and is closed when its requests are answered and its `send`s have their
   * responses. Requests that arrive until then are answered first, too. Close
   * frames are spread over the first half of the time when there are many.
   */
  drain: number;
  /** Close code. @default 1001 */
  code?: number;
  /** Close reason, at most 123 bytes. @default none */
  reason?: string;
}
