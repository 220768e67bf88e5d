// @ts-check
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const tls = require('node:tls');
const { after } = require('node:test');
const { Context } = require('./context');
const { loadNative } = require('./implementations');
const { within } = require('./timing');

const FIXTURES = path.join(__dirname, '../fixtures/tls');

/**
 * A key or certificate of the tests, as PEM.
 *
 * @param {string} name of the file
 */
function fixture(name) {
  return fs.readFileSync(path.join(FIXTURES, name), 'utf8');
}

/**
 * A key and its certificate.
 *
 * @param {string} name
 * @returns {{key: string, cert: string}}
 */
function identity(name) {
  return { key: fixture(`${name}.key`), cert: fixture(`${name}.pem`) };
}

/** Options of clients that trust the server. */
const TRUST = { ca: fixture('ca.pem') };

/** Both versions, as options of a client. */
const VERSIONS = /** @type {const} */ (['TLSv1.2', 'TLSv1.3']);

/**
 * Servers and clients of one file of tests, closed when it is done. `serve` of it has a certificate.
 */
function secureContext() {
  const context = new Context(loadNative());
  after(() => context.dispose());
  return {
    context,
    /**
     * @param {Record<string, unknown>} [tls] added to `options.tls`
     * @param {Record<string, unknown>} [options]
     * @param {(server: any) => void} [prepare]
     */
    serve: (tls = {}, options = {}, prepare) => context.serve({ tls: { ...identity('server'), ...tls }, ...options }, prepare),
    /**
     * @param {{server: any, port: number}} target
     * @param {tls.ConnectionOptions} [options]
     */
    async connect(target, options = {}) {
      const client = await context.open(target.port, { tls: { ...TRUST, ...options } });
      const connected = new Promise((resolve) => target.server.once('connection', resolve));
      await client.handshake();
      const connection = await within(connected, 'connection event');
      return { client, connection };
    }
  };
}

/**
 * A TLS connection after its handshake, without HTTP.
 *
 * @param {number} port
 * @param {tls.ConnectionOptions} [options]
 * @returns {Promise<tls.TLSSocket>} rejects with the error of the handshake
 */
function shakeHands(port, options = {}) {
  const socket = tls.connect({ port, host: '127.0.0.1', ...TRUST, ...options });
  after(() => socket.destroy());
  const shaken = new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
  return within(shaken, 'end of the handshake');
}

module.exports = { fixture, identity, TRUST, VERSIONS, secureContext, shakeHands };
