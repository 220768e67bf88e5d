// @ts-check
'use strict';

/** Our client over TLS: which authorities it trusts, as `docs/guides/tls.md` says. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const WebSocket = require('ws');
const LineClient = require('../../client-node.js');
const { TRUST, secureContext } = require('../helpers/tls');

class TrustingWebSocket extends WebSocket {
  /** @param {string} url */
  constructor(url) {
    super(url, TRUST);
  }
}

describe('the client over TLS', () => {
  const { serve } = secureContext();

  it('trusts the authorities of the class `webSocket`', async () => {
    const { server, port } = await serve();
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('how', (/** @type {any} */ message) => message.resolve(connection.socket.upgradeReq.connection.encrypted));
    });
    const client = new LineClient(`wss://localhost:${port}`, { webSocket: TrustingWebSocket });
    await client.connectAsync();
    assert.equal(await client.send('how'), true);
    await client.dispose();
  });

  it('says what is wrong with a certificate, where the WebSocket tells', async () => {
    const { port } = await serve();
    const client = new LineClient(`wss://localhost:${port}`, { webSocket: WebSocket, reconnect: false });
    await assert.rejects(client.connectAsync(), { code: 'cWebsocketError', message: /^The WebSocket failed: .*certificate/ });
    await client.dispose();
  });
});
