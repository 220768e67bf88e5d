// @ts-check
'use strict';

/** The option `adapter`: what is valid, and how an error names what is not. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { rootCertificates } = require('node:tls');
const Server = require('../..');

/** @param {any} adapter */
const make = (adapter) => new Server({ port: 0, adapter });

const engine = () => ({ async start() {}, publish() {}, subscribe() {}, unsubscribe() {}, async stop() {} });

/** What is refused, and what the error must say. @type {[any, RegExp][]} */
const REFUSED = [
  ['redis', /"options\.adapter" must be .*'cluster'.*; got "redis"/],
  [5, /"options\.adapter" must be .*; got 5/],
  [[], /"options\.adapter" must be/],
  [new Map(), /"options\.adapter" must be .*\[object Map\]/],
  [{}, /"options\.adapter\.redis" must be a URL .*; got undefined/],
  [{ redis: 5 }, /"options\.adapter\.redis" must be a URL .*; got 5/],
  [{ redis: [] }, /"options\.adapter\.redis" must be a URL/],
  [{ redis: ['redis://a', 5] }, /"options\.adapter\.redis" must be a URL/],
  [{ redis: 'http://user:secret@host' }, /"options\.adapter\.redis" must begin with redis:, .* or redis\+cluster:; it begins with "http:"/],
  [{ redis: '127.0.0.1' }, /"options\.adapter\.redis" must begin with .*; it begins with none/],
  [{ redis: ['redis://a', 'rediss://b'] }, /one scheme for all URLs; it has redis: and rediss:/],
  [{ redis: 'redis://a', prefx: 'a' }, /"options\.adapter\.prefx" is not supported; did you mean "prefix"\?/],
  [{ redis: 'redis://a', other: 1 }, /"options\.adapter\.other" is not supported; there are redis, prefix/],
  [{ redis: 'redis://a', prefix: '' }, /"options\.adapter\.prefix" must be 1 to 100 characters/],
  [{ redis: 'redis://a', prefix: 'a{b}' }, /"options\.adapter\.prefix" .* braces; got "a\{b\}"/],
  [{ redis: 'redis://a', nodeName: 'a\nb' }, /"options\.adapter\.nodeName" must be/],
  [{ redis: 'redis://a', required: 'yes' }, /"options\.adapter\.required" must be a boolean; got "yes"/],
  [{ redis: 'redis://a', subscribe: 'none' }, /"options\.adapter\.subscribe" must be 'rooms' or 'all'; got "none"/],
  [{ redis: 'redis://a', heartbeatInterval: 99 }, /"options\.adapter\.heartbeatInterval" must be an integer from 100 to \d+, in milliseconds; got 99/],
  [{ redis: 'redis://a', unsubscribeDelay: -1 }, /"options\.adapter\.unsubscribeDelay" must be an integer from 0/],
  [{ redis: 'redis://a', requestTimeout: 0 }, /"options\.adapter\.requestTimeout" must be an integer from 1/],
  [{ redis: 'redis://a', maxQueuedBytes: 1.5 }, /"options\.adapter\.maxQueuedBytes" must be .* in bytes; got 1\.5/],
  [{ redis: 'redis://a', maxMessage: 2 ** 60 }, /"options\.adapter\.maxMessage" must be/],
  [{ redis: 'redis://a', tls: 'yes' }, /"options\.adapter\.tls" must be an object/],
  [{ redis: 'redis://a', tls: { cafile: 'x' } }, /"options\.adapter\.tls\.cafile" is not supported/],
  [{ redis: 'redis://a', tls: { passphrase: 5 } }, /"options\.adapter\.tls\.passphrase" must be a string; got 5/],
  [{ redis: 'redis://a', tls: { cert: 'PEM' } }, /both "cert" and "key", or neither/],
  [{ ...engine(), publish: 5 }, /methods of an engine, but not all: publish must be a function/],
];

describe('the option adapter', () => {
  for (const [adapter, message] of REFUSED) {
    it(`refuses ${JSON.stringify(adapter)}`, () => {
      assert.throws(() => make(adapter), { code: 'sInvalidOptions', message });
    });
  }

  it('shows no password', () => {
    for (const adapter of [{ redis: 'http://user:secret@host' }, { redis: 'redis://a', tls: { key: 'secret', cert: 5 } }]) {
      assert.throws(() => make(adapter), (/** @type {any} */ error) => error.code === 'sInvalidOptions' && !error.message.includes('secret'));
    }
  });

  it('takes what is valid', () => {
    class Own {
      async start() {}

      publish() {}

      subscribe() {}

      unsubscribe() {}

      async stop() {}
    }
    for (const adapter of [
      undefined, null, 'cluster', engine(), new Own(),
      { redis: 'redis://127.0.0.1:6379/3' }, { redis: ['redis+cluster://a:1', 'redis+cluster://b:2'], prefix: 'my:app' },
      ...(process.platform === 'win32' ? [] : [{ redis: 'UNIX:///run/redis.sock' }]),
      { redis: 'rediss://a', tls: { ca: Buffer.from(rootCertificates[0]), servername: 'redis.example' }, nodeName: 'ünit 1', required: true, subscribe: 'all' },
      { redis: 'redis://a', unsubscribeDelay: 0, heartbeatInterval: 100, requestTimeout: 1, maxQueuedBytes: 1, maxQueuedTime: 1, maxMessage: 1024, tls: null },
    ]) make(adapter);
  });
});
