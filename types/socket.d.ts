/** Types of the WebSocket under a connection, and of the request that opened it. */

import type { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerCertificate } from 'node:tls';
import type { ServerOptions } from './options.js';

/**
 * The HTTP request that opened a connection. Properties that the application has added to a request before it
 * called `handleUpgrade`, or that `verifyClient` has added to `info.req` of such a request, are there as well.
 */
export interface UpgradeRequest {
  /** Path and query as the client sent them. */
  readonly url: string;
  /** `GET`. */
  readonly method: string;
  /** Names in lower case; repeated headers are joined as Node joins them. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as received. */
  readonly rawHeaders: string[];
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  /** Who sent the request. */
  readonly connection: PeerAddress;
  /** Same as `connection`. */
  readonly socket: PeerAddress;
}

/**
 * Who sent a request: the other end of the connection or, with `trustProxy`, the client that a trusted
 * proxy names.
 */
export interface PeerAddress {
  /** IP address; undefined on a Unix domain socket. */
  readonly remoteAddress: string | undefined;
  /** Port; undefined on a Unix domain socket, and when the proxy does not tell. */
  readonly remotePort: number | undefined;
  /** Whether the connection is encrypted, with `trustProxy` that of the client. */
  readonly encrypted: boolean;
  /** IP address of the proxy, the other end of the connection, when it named the client. */
  readonly proxyAddress: string | undefined;
  /** Whether the other end has sent a certificate that is valid and signed by one of `tls.ca`. */
  readonly authorized: boolean;
  /**
   * Why the certificate is not valid, as Node and OpenSSL name it (such as `CERT_HAS_EXPIRED`); null when it is valid, or
   * when none was requested.
   */
  readonly authorizationError: string | null;
  /** The application protocol agreed on (ALPN). */
  readonly alpnProtocol: string | false;
  /** `TLSv1.2` or `TLSv1.3`; null without the option `tls`. */
  getProtocol(): 'TLSv1.2' | 'TLSv1.3' | null;
  /** The certificate of the other end, if there is one. */
  getPeerX509Certificate(): X509Certificate | undefined;
  /** The same in Node's older form; an empty object without one. */
  getPeerCertificate(): PeerCertificate | Record<string, never>;
}

/** Parameters of permessage-deflate (RFC 7692 section 7.1), those that were agreed on. */
export interface DeflateParameters {
  /** The server compresses each message by itself. */
  readonly server_no_context_takeover?: true;
  /** The client compresses each message by itself. */
  readonly client_no_context_takeover?: true;
  /** Size of the window the server compresses with, as a power of two: 8 to 15. */
  readonly server_max_window_bits?: number;
  /** Size of the window the client compresses with, as a power of two: 8 to 15. */
  readonly client_max_window_bits?: number;
}

/** The WebSocket of a connection. */
export interface Socket {
  /** A value of `readyState`. */
  readonly OPEN: 1;
  /** A value of `readyState`. */
  readonly CLOSING: 2;
  /** A value of `readyState`. */
  readonly CLOSED: 3;
  /** 1 open, 2 closing, 3 closed. */
  readonly readyState: 1 | 2 | 3;
  /** The request that opened the connection. Ask for it while the connection is open. */
  readonly upgradeReq: UpgradeRequest;
  /** Subprotocol agreed on; empty when none. */
  readonly protocol: string;
  /**
   * The extensions agreed on by name, with their parameters as they stand in the answer to the upgrade; none without
   * `perMessageDeflate`.
   */
  readonly extensions: {
    /** Compression of messages (RFC 7692). */
    readonly 'permessage-deflate'?: {
      /** What was agreed on. */
      readonly params: DeflateParameters;
    };
  };
  /**
   * How the bytes travel: over a `tcp` connection or a `unix` domain socket of this server; over a socket
   * `adopted` from an HTTP server, which is this server's own now; or `piped` through a stream of
   * Node's, where its socket cannot be taken over (TLS, Windows, other streams).
   */
  readonly transport: 'tcp' | 'unix' | 'adopted' | 'piped';
  /** Bytes that wait to be handed to the system; 0 when closed. */
  readonly bufferedAmount: number;
  /** Same as the `close` of the connection, without a delay (RFC 6455 section 7.1.2). */
  close(code?: number, reason?: string): Promise<void>;
  /**
   * Cuts the connection without a closing handshake. Its id is free and it has left its rooms at once, and no further message
   * of the client reaches a handler; `_disconnected` follows.
   */
  terminate(): void;
}

/** The value of `server` of a running server, for applications written for the original. */
export interface SocketServer {
  /** Those of the server. */
  readonly options: ServerOptions;
  /** Same as `address` of the server. */
  address(): AddressInfo | string | null;
  /** Whether a request is for the option `path`. */
  shouldHandle(request: IncomingMessage): boolean;
  /**
   * Upgrades a request, as `handleUpgrade` of the server, but the client waits until
   * `emit('connection', socket)` is called with the socket that `callback` gets. A socket that is never
   * served is closed after `handshakeTimeout`.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array, callback: (socket: Socket) => void): void;
  /** Serves a client that `handleUpgrade` has upgraded. Returns whether it did; there are no other events. */
  emit(eventName: 'connection', socket: Socket): boolean;
}
