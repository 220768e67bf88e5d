// @ts-check
'use strict';

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { loadNative } = require('../helpers/implementations');
const { fixture, identity, secureContext, shakeHands } = require('../helpers/tls');

const { Server } = loadNative();

/** Options that are refused: what is added to a good key and certificate, and the error's message. */
const REFUSED = /** @type {[string, any, RegExp][]} */ ([
  ['a string', 'tls', /^"options\.tls" must be an object/],
  ['an array', [], /^"options\.tls" must be an object/],
  ['no certificate', { cert: undefined }, /^"options\.tls\.cert" is needed/],
  ['no key', { key: null }, /^"options\.tls\.key" is needed/],
  ['no keys', { key: [] }, /^"options\.tls\.key" is needed/],
  ['a number for a certificate', { cert: 5 }, /^"options\.tls\.cert" must be a string or Buffer/],
  ['a file name for a certificate', { cert: 'server.pem' }, /^"options\.tls\.cert" must be PEM text/],
  ['a key for a certificate', { cert: fixture('server.key') }, /^"options\.tls\.cert" must be PEM text/],
  ['a broken certificate', { cert: fixture('server.pem').replace('MII', 'MIJ') }, /^"options\.tls\.cert" has a certificate that cannot be read, number 1/],
  ['a broken issuer', { cert: fixture('server.pem') + fixture('ca.pem').replace('MII', 'MIJ') }, /^"options\.tls\.cert" .* number 2/],
  ['a certificate for a key', { key: fixture('server.pem') }, /^"options\.tls\.key" must be a private key as PEM/],
  ['garbage for a key', { key: Buffer.from([0, 255, 1]) }, /^"options\.tls\.key" must be a private key as PEM/],
  ['the key of another certificate', { key: fixture('renewed.key') }, /^"options\.tls\.key" does not belong to the certificate/],
  ['two keys for one certificate', { key: [fixture('server.key'), fixture('rsa.key')] }, /^"options\.tls\.key" must have a key for each certificate; got 2 for 1/],
  ['a key of an unsupported curve', identity('p521'), /^"options\.tls\.key" is not a usable private key/],
  ['no passphrase', { key: fixture('server-encrypted.key') }, /^"options\.tls\.passphrase" is needed/],
  ['a wrong passphrase', { key: fixture('server-encrypted.key'), passphrase: 'guess' }, /^"options\.tls\.key" .* passphrase is wrong/],
  ['a number as passphrase', { passphrase: 5 }, /^"options\.tls\.passphrase" must be a string/],
  ['an old version', { minVersion: 'TLSv1.1' }, /^"options\.tls\.minVersion" must be 'TLSv1\.2' or 'TLSv1\.3'/],
  ['a string of protocols', { alpnProtocols: 'h2' }, /^"options\.tls\.alpnProtocols" must be an array/],
  ['an empty protocol', { alpnProtocols: [''] }, /^"options\.tls\.alpnProtocols" must be an array/],
  ['a protocol with a line break', { alpnProtocols: ['a\nb'] }, /^"options\.tls\.alpnProtocols" must be an array/],
  ['requestCert without ca', { requestCert: true }, /^"options\.tls\.ca" is needed with requestCert/],
  ['requestCert that is no boolean', { requestCert: 1 }, /^"options\.tls\.requestCert" must be a boolean/],
  ['rejectUnauthorized that is no boolean', { rejectUnauthorized: 'no' }, /^"options\.tls\.rejectUnauthorized" must be a boolean/],
  ['an authority that is no certificate', { requestCert: true, ca: 'ca' }, /^"options\.tls\.ca" must be PEM text/],
  ['an option that is not supported', { ciphers: 'HIGH' }, /^"options\.tls\.ciphers" is not supported/],
  ['a misspelt option', { requestCerts: true }, /^"options\.tls\.requestCerts" is not supported/]
]);

describe('options.tls', () => {
  for (const [name, tls, message] of REFUSED) {
    it(`${name}: refused with sInvalidOptions`, () => {
      const given = typeof tls === 'object' && !Array.isArray(tls) ? { ...identity('server'), ...tls } : tls;
      assert.throws(() => new Server({ port: 0, tls: given }), { code: 'sInvalidOptions', message });
    });
  }

  it('is checked again by start(), which rejects and may be called again', async () => {
    const { context } = secureContext();
    const { server } = await context.serve({ tls: identity('server') });
    await server.stop();
    server.options.tls = { ...identity('server'), cert: 'broken' };
    await assert.rejects(server.start(), { code: 'sInvalidOptions', message: /options\.tls\.cert/ });
    server.options.tls = identity('server');
    await server.start();
  });

  it('null is no TLS', async () => {
    const { context } = secureContext();
    const { port } = await context.serve({ tls: null });
    await context.open(port);
  });

  it('takes Buffers, arrays, chains in one text, encrypted keys and several algorithms', async () => {
    const { context } = secureContext();
    const cases = [
      { key: Buffer.from(fixture('server.key')), cert: new Uint8Array(Buffer.from(fixture('server.pem'))) },
      { key: [fixture('server.key')], cert: [fixture('server.pem')] },
      { key: fixture('server-encrypted.key'), cert: fixture('server.pem'), passphrase: 'secret' },
      { key: [{ pem: fixture('server-encrypted.key'), passphrase: 'secret' }], cert: fixture('server.pem') },
      identity('chained'),
      identity('rsa'),
      // In another order than the certificates.
      { key: [fixture('rsa.key'), fixture('server.key')], cert: [fixture('server.pem'), fixture('rsa.pem')] }
    ];
    for (const tls of cases) {
      const { port } = await context.serve({ tls });
      const socket = await shakeHands(port);
      assert.equal(socket.authorized, true);
    }
  });

  it('a client gets the certificate whose algorithm it knows', async () => {
    const { context } = secureContext();
    const both = { key: [fixture('rsa.key'), fixture('server.key')], cert: [fixture('rsa.pem'), fixture('server.pem')] };
    const { port } = await context.serve({ tls: both });
    const subject = async (/** @type {string} */ sigalgs) => (await shakeHands(port, { sigalgs })).getPeerCertificate().subject.CN;
    assert.equal(await subject('ecdsa_secp256r1_sha256'), 'localhost');
    assert.equal(await subject('rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256'), 'localhost');
    // Its own algorithms are those it accepts in certificates too: the authority signs by ECDSA.
    assert.equal(await subject('rsa_pss_rsae_sha256:ecdsa_secp384r1_sha384'), 'rsa');
  });

  it('minVersion TLSv1.3 refuses TLS 1.2', async () => {
    const { serve } = secureContext();
    const { port } = await serve({ minVersion: 'TLSv1.3' });
    await assert.rejects(shakeHands(port, { maxVersion: 'TLSv1.2' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    assert.equal((await shakeHands(port)).getProtocol(), 'TLSv1.3');
  });
});
