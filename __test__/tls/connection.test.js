// @ts-check
'use strict';

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { once } = require('node:events');
const { WebSocket } = require('ws');
const { TRUST, VERSIONS, identity, secureContext, shakeHands } = require('../helpers/tls');
const { upgradeRequest } = require('../helpers/raw-http');
const { within } = require('../helpers/timing');

/**
 * Opens a session, closes it, and asks to resume it.
 *
 * @param {number} port
 * @param {tls.ConnectionOptions} options
 */
async function resume(port, options) {
  const first = await shakeHands(port, options);
  const session = first.getSession() ?? Buffer.alloc(0);
  const ticket = options.maxVersion === 'TLSv1.2' ? session : (await within(once(first, 'session'), 'session'))[0];
  first.destroy();
  const second = await shakeHands(port, { ...options, session: ticket });
  return second.isSessionReused();
}

describe('a connection over TLS', () => {
  for (const version of VERSIONS) {
    it(`ws talks ${version}, and its facts are known`, async () => {
      const { serve } = secureContext();
      const { server, port } = await serve({ alpnProtocols: ['http/1.1'] }, {}, (made) => {
        made.on('connection', (/** @type {any} */ connection) => {
          connection.on('who', (/** @type {any} */ message) => {
            const { encrypted, authorized, authorizationError, alpnProtocol, remoteAddress } = connection.socket.upgradeReq.connection;
            const protocol = connection.socket.upgradeReq.socket.getProtocol();
            message.resolve({ encrypted, authorized, authorizationError, alpnProtocol, remoteAddress, protocol });
          });
        });
      });
      const client = new WebSocket(`wss://localhost:${port}/`, { ...TRUST, maxVersion: version, ALPNProtocols: ['http/1.1'] });
      await once(client, 'open');
      client.send('{"n":"_h","i":"1"}');
      await once(client, 'message');
      client.send('{"n":"who","i":"2"}');
      const [answer] = await once(client, 'message');
      assert.deepEqual(JSON.parse(answer).p, {
        encrypted: true,
        authorized: false,
        authorizationError: null,
        alpnProtocol: 'http/1.1',
        remoteAddress: '127.0.0.1',
        protocol: version
      });
      const [connection] = Object.values(server.getConnections());
      const peer = connection.socket.upgradeReq.connection;
      assert.deepEqual([peer.getPeerCertificate(), peer.getPeerX509Certificate()], [{}, undefined]);
      client.close(1000);
      const [code] = await once(client, 'close');
      assert.equal(code, 1000);
    });

    it(`sessions are resumed in ${version}, on every io thread`, async () => {
      const { serve } = secureContext();
      const { port } = await serve({}, { ioThreads: 2 });
      for (let round = 0; round < 3; round += 1) {
        assert.equal(await resume(port, { maxVersion: version }), true);
      }
    });
  }

  it('without TLS the facts say so', async () => {
    const { context } = secureContext();
    const { connection } = await context.pair();
    const peer = connection.socket.upgradeReq.connection;
    const facts = [peer.encrypted, peer.authorized, peer.authorizationError, peer.alpnProtocol, peer.getProtocol(), peer.getPeerCertificate()];
    assert.deepEqual(facts, [false, false, null, false, null, {}]);
  });

  it('verifyClient sees that it is secure', async () => {
    const { serve, connect } = secureContext();
    /** @type {any[]} */
    const seen = [];
    const verifyClient = (/** @type {any} */ info) => seen.push(info.secure, info.req.connection.getProtocol());
    await connect(await serve({}, { verifyClient }));
    assert.deepEqual(seen, [true, 'TLSv1.3']);
  });

  it('a protocol that is not offered ends the handshake; without alpnProtocols none is chosen', async () => {
    const { serve } = secureContext();
    const strict = await serve({ alpnProtocols: ['http/1.1'] });
    await assert.rejects(shakeHands(strict.port, { ALPNProtocols: ['h2'] }), { code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' });
    assert.equal((await shakeHands(strict.port)).alpnProtocol, false);
    const plain = await serve();
    assert.equal((await shakeHands(plain.port, { ALPNProtocols: ['h2'] })).alpnProtocol, false);
  });

  it('an ordinary https request gets its HTTP answer, and an orderly end', async () => {
    const { serve } = secureContext();
    const { port } = await serve();
    const request = https.get({ port, host: '127.0.0.1', agent: false, ...TRUST });
    const [response] = await within(once(request, 'response'), 'response');
    assert.equal(response.statusCode, 426);
    let body = '';
    for await (const part of response) body += part;
    assert.match(body, /\S/);
  });

  it('the server ends with close_notify before FIN', async () => {
    const { serve } = secureContext();
    const { port } = await serve();
    const socket = await shakeHands(port, { maxVersion: 'TLSv1.2' });
    // OpenSSL reports an end without close_notify as an error.
    const errors = /** @type {Error[]} */ ([]);
    socket.on('error', (error) => errors.push(error));
    socket.write(`${upgradeRequest()}`);
    await once(socket, 'data');
    socket.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
    const ended = once(socket, 'end');
    socket.resume();
    await within(ended, 'end');
    assert.deepEqual(errors, []);
  });

  it('works on a Unix domain socket', { skip: process.platform === 'win32' }, async () => {
    const { context } = secureContext();
    const file = path.join(os.tmpdir(), `line-tls-${process.pid}.sock`);
    const server = context.track(new context.Server({ listen: { path: file }, tls: identity('server') }));
    await server.start();
    const socket = tls.connect({ path: file, servername: 'localhost', ...TRUST });
    await within(once(socket, 'secureConnect'), 'handshake');
    socket.write(upgradeRequest());
    const [answer] = await within(once(socket, 'data'), 'answer');
    assert.match(answer.toString(), /^HTTP\/1\.1 101 /);
    socket.destroy();
  });
});
