// @ts-check
'use strict';

/**
 * The sender of a request: the other end of the connection, or the client that a trusted proxy names
 * (`trustProxy`). It has the common members of Node's `net.Socket` and `tls.TLSSocket`. Certificates and
 * protocols are always those of the other end of the connection.
 */
class PeerSocket {
  #protocol;
  #certificate;

  /** @param {import('../binding/addon.d.ts').RequestFacts} facts */
  constructor({ address, port, encrypted, proxy, secure }) {
    this.#protocol = secure?.protocol ?? null;
    this.#certificate = secure?.certificate;
    /** Address of the client; undefined on a Unix domain socket. @type {string | undefined} */
    this.remoteAddress = address;
    /** Port of the client, if known. @type {number | undefined} */
    this.remotePort = port;
    /** Whether the client's connection is encrypted. */
    this.encrypted = encrypted;
    /** Address of the proxy that named the client. @type {string | undefined} */
    this.proxyAddress = proxy;
    /** Whether the peer has sent a certificate that an authority of `tls.ca` has signed. */
    this.authorized = secure?.authorized ?? false;
    /** Why it is not authorized, by OpenSSL's name; null when it is, or was not asked for one. @type {string | null} */
    this.authorizationError = secure?.authorizationError ?? null;
    /** The application protocol agreed on. @type {string | false} */
    this.alpnProtocol = secure?.alpnProtocol ?? false;
  }

  /** @returns {string | null} `TLSv1.2` or `TLSv1.3`; null without encryption. */
  getProtocol() {
    return this.#protocol;
  }

  /** @returns {import('node:crypto').X509Certificate | undefined} The peer's certificate. */
  getPeerX509Certificate() {
    const { X509Certificate } = require('node:crypto');
    return this.#certificate ? new X509Certificate(Buffer.from(this.#certificate, 'base64')) : undefined;
  }

  /** @returns {any} The peer's certificate in Node's older form; an empty object without one. */
  getPeerCertificate() {
    return this.getPeerX509Certificate()?.toLegacyObject() ?? {};
  }
}

module.exports = { PeerSocket };
