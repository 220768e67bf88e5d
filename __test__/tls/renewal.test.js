// @ts-check
'use strict';

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const { fixture, identity, secureContext, shakeHands } = require('../helpers/tls');
const { within } = require('../helpers/timing');

/** @param {import('node:tls').TLSSocket} socket */
const subject = (socket) => socket.getPeerCertificate().subject.CN;

describe('setSecureContext', () => {
  it('replaces the certificate for connections to come; those that are there stay', async () => {
    const { serve, connect } = secureContext();
    const target = await serve({}, { ioThreads: 2 });
    const { client, connection } = await connect(target);
    target.server.setSecureContext(identity('renewed'));
    assert.equal(subject(await shakeHands(target.port)), 'renewed');
    assert.equal(subject(await shakeHands(target.port)), 'renewed');
    await client.fence();
    assert.equal(connection.state, 'connected');
    target.server.setSecureContext(identity('rsa'));
    assert.equal(subject(await shakeHands(target.port)), 'rsa');
  });

  it('keeps what is not given: above all that clients need a certificate', async () => {
    const { serve, connect } = secureContext();
    const target = await serve({ ca: fixture('ca.pem'), requestCert: true, minVersion: 'TLSv1.3' });
    target.server.setSecureContext(identity('renewed'));
    await assert.rejects(connect(target));
    await connect(target, identity('client'));
    await assert.rejects(shakeHands(target.port, { maxVersion: 'TLSv1.2', ...identity('client') }));
  });

  it('changes the other settings too', async () => {
    const { serve, connect } = secureContext();
    const target = await serve();
    target.server.setSecureContext({ ca: fixture('ca.pem'), requestCert: true });
    await assert.rejects(connect(target));
    target.server.setSecureContext({ requestCert: false, alpnProtocols: ['http/1.1'] });
    const socket = await shakeHands(target.port, { ALPNProtocols: ['http/1.1'] });
    assert.equal(socket.alpnProtocol, 'http/1.1');
  });

  it('refuses what is not valid, and goes on with what it had', async () => {
    const { serve } = secureContext();
    const target = await serve();
    const refused = { code: 'sInvalidOptions', message: /options\.tls\.key/ };
    assert.throws(() => target.server.setSecureContext({ key: fixture('renewed.key') }), refused);
    assert.throws(() => target.server.setSecureContext(identity('p521')), refused);
    assert.throws(() => target.server.setSecureContext('renewed'), { code: 'sInvalidOptions' });
    assert.equal(subject(await shakeHands(target.port)), 'localhost');
    assert.equal(target.server.options.tls.cert, fixture('server.pem'));
  });

  it('holds for a server that is started again, and before it is', async () => {
    const { context } = secureContext();
    const server = context.track(new context.Server({ port: 0, host: '127.0.0.1', tls: identity('server') }));
    server.setSecureContext(identity('renewed'));
    await server.start();
    assert.equal(subject(await shakeHands(server.address().port)), 'renewed');
    await server.stop();
    server.setSecureContext(identity('rsa'));
    await server.start();
    assert.equal(subject(await shakeHands(server.address().port)), 'rsa');
  });

  it('does not resume sessions of an earlier context, whose authorities may be others', async () => {
    const { serve } = secureContext();
    const target = await serve();
    const first = await shakeHands(target.port);
    const [session] = await within(once(first, 'session'), 'session');
    target.server.setSecureContext({});
    assert.equal((await shakeHands(target.port, { session })).isSessionReused(), false);
  });

  it('throws sInvalidAction without the option tls', async () => {
    const { context } = secureContext();
    const { server } = await context.serve();
    assert.throws(() => server.setSecureContext(identity('server')), { code: 'sInvalidAction' });
  });
});
