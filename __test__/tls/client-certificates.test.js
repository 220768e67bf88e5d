// @ts-check
'use strict';

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const tls = require('node:tls');
const { X509Certificate } = require('node:crypto');
const { fixture, identity, VERSIONS, secureContext } = require('../helpers/tls');
const { within } = require('../helpers/timing');

const ASK = { ca: fixture('ca.pem'), requestCert: true };
const LENIENT = { ...ASK, rejectUnauthorized: false };

/** Clients' certificates, how a lenient server judges them, and the alert of a strict one. */
const CLIENTS = /** @type {[string, any, string | null, RegExp][]} */ ([
  ['signed by an authority', identity('client'), null, /./],
  ['none', {}, 'UNABLE_TO_GET_ISSUER_CERT', /certificate required|handshake failure/i],
  ['signed by nobody known', identity('stranger'), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', /unknown ca|decrypt error|bad certificate/i],
  ['expired', identity('expired'), 'CERT_HAS_EXPIRED', /certificate expired/i],
  ['for another purpose', identity('misused'), 'INVALID_PURPOSE', /unsupported certificate|bad certificate|certificate unknown/i]
]);

describe('client certificates', () => {
  for (const version of VERSIONS) {
    for (const [name, client, why, alert] of CLIENTS) {
      it(`${name}, ${version}: let in and judged with rejectUnauthorized: false`, async () => {
        const { serve, connect } = secureContext();
        const { connection } = await connect(await serve(LENIENT), { ...client, maxVersion: version });
        const peer = connection.socket.upgradeReq.connection;
        assert.deepEqual([peer.authorized, peer.authorizationError], [why === null, why]);
        if (!client.cert) {
          assert.deepEqual(peer.getPeerCertificate(), {});
          return;
        }
        const sent = new X509Certificate(client.cert);
        assert.ok(peer.getPeerX509Certificate().raw.equals(sent.raw));
        assert.deepEqual(peer.getPeerCertificate().subject, sent.toLegacyObject().subject);
      });

      it(`${name}, ${version}: ${why === null ? 'let in' : 'refused'} otherwise`, async () => {
        const { serve, connect } = secureContext();
        const target = await serve(ASK);
        if (why === null) {
          const { connection } = await connect(target, { ...client, maxVersion: version });
          assert.equal(connection.socket.upgradeReq.connection.authorized, true);
          return;
        }
        // In TLS 1.3 a client thinks the handshake is over before the server has judged it.
        const failure = connect(target, { ...client, maxVersion: version });
        await assert.rejects(failure);
        const { client: good } = await connect(target, identity('client'));
        await good.fence();
        assert.match(await alertOf(target.port, { ...client, maxVersion: version }), alert);
      });
    }

    it(`a resumed session keeps its certificate, ${version}`, async () => {
      const { serve, connect } = secureContext();
      const target = await serve(ASK);
      const options = { ...identity('client'), maxVersion: version };
      const first = await connect(target, options);
      const socket = /** @type {import('node:tls').TLSSocket} */ (first.client.socket);
      await first.client.fence();
      const session = socket.getSession();
      const second = await connect(target, { ...options, session });
      assert.equal(/** @type {any} */ (second.client.socket).isSessionReused(), true);
      const peer = second.connection.socket.upgradeReq.connection;
      assert.equal(peer.authorized, true);
      assert.equal(peer.getPeerCertificate().subject.CN, 'ada');
    });
  }

  it('are facts for verifyClient', async () => {
    const { serve, connect } = secureContext();
    const verifyClient = (/** @type {any} */ { req }) => req.connection.getPeerCertificate().subject?.CN === 'ada';
    const target = await serve(LENIENT, { verifyClient });
    await assert.rejects(connect(target, identity('stranger')), { status: 401 });
    await connect(target, identity('client'));
  });

  it('without authorities nobody is authorized, and the certificate can be compared', async () => {
    const { serve, connect } = secureContext();
    const target = await serve({ requestCert: true, rejectUnauthorized: false });
    const { connection } = await connect(target, identity('stranger'));
    const peer = connection.socket.upgradeReq.connection;
    assert.equal(peer.authorized, false);
    assert.equal(peer.getPeerX509Certificate().fingerprint256, new X509Certificate(fixture('stranger.pem')).fingerprint256);
  });

  it('a self-signed one is trusted by its own authority, an authority itself is no client', async () => {
    const { serve, connect } = secureContext();
    const ca = [fixture('ca.pem'), Buffer.from(fixture('stranger.pem'))];
    const target = await serve({ ...ASK, ca });
    const { connection } = await connect(target, identity('stranger'));
    assert.equal(connection.socket.upgradeReq.connection.authorized, true);
    await assert.rejects(connect(target, identity('ca')));
  });

  it('the facts outlive the connection', async () => {
    const { serve, connect } = secureContext();
    const { client, connection } = await connect(await serve(ASK), identity('client'));
    const gone = new Promise((resolve) => connection.once('_disconnected', resolve));
    client.destroy();
    await gone;
    assert.equal(connection.socket.upgradeReq.connection.getPeerCertificate().subject.CN, 'ada');
  });

  it('are not asked for without requestCert', async () => {
    const { serve, connect } = secureContext();
    const { connection } = await connect(await serve({ ca: fixture('ca.pem') }), identity('client'));
    const peer = connection.socket.upgradeReq.connection;
    assert.deepEqual([peer.authorized, peer.authorizationError, peer.getPeerCertificate()], [false, null, {}]);
  });
});

/**
 * The alert with which the server refuses a client.
 *
 * @param {number} port
 * @param {import('node:tls').ConnectionOptions} options
 * @returns {Promise<string>}
 */
function alertOf(port, options) {
  const socket = tls.connect({ port, host: '127.0.0.1', ca: fixture('ca.pem'), ...options });
  const refused = new Promise((resolve) => {
    socket.on('error', (/** @type {any} */ error) => resolve(`${error.reason ?? error.message}`));
    socket.on('close', () => resolve('closed without an alert'));
  });
  return within(refused, 'refusal').finally(() => socket.destroy());
}
