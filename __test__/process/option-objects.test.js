// @ts-check
'use strict';

/** Objects that options may come in, and those that have none by name. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { loadNative } = require('../helpers/implementations');
const Client = require('../../client/node.js');

const { Server } = loadNative();

class Configuration {
  /** A property of the instance, beside a getter of the class. */
  pingInterval = 7;

  get responseTimeout() {
    return 5;
  }
}

class Derived extends Configuration {
  get maxPayload() {
    return 9;
  }
}

/** Objects with the same three options, of which a client has two. @type {Record<string, () => any>} */
const OBJECTS = {
  'a frozen one': () => Object.freeze({ pingInterval: 7, responseTimeout: 5, maxPayload: 9 }),
  'a sealed one': () => Object.seal({ pingInterval: 7, responseTimeout: 5, maxPayload: 9 }),
  'one without a prototype': () => Object.assign(Object.create(null), { pingInterval: 7, responseTimeout: 5, maxPayload: 9 }),
  'one that inherits from another': () => Object.create({ pingInterval: 7, responseTimeout: 5, maxPayload: 9 }),
  'one of a class with getters': () => new Derived(),
  'a proxy': () => new Proxy({ pingInterval: 7, responseTimeout: 5, maxPayload: 9 }, {}),
};

/** What has its entries elsewhere. @type {Record<string, () => any>} */
const OTHERS = {
  'a Map': () => new Map([['responseTimeout', 5]]),
  'a Set': () => new Set(['responseTimeout']),
  'a list': () => [5],
  'parameters of a URL': () => new URLSearchParams('responseTimeout=5'),
};

describe('options come in', () => {
  for (const [what, make] of Object.entries(OBJECTS)) {
    it(what, () => {
      for (const { options } of [new Server(make()), new Client('ws://x', make())]) {
        assert.deepEqual([options.pingInterval, options.responseTimeout, options.maxPayload], [7, 5, 9]);
      }
    });
  }

  it('wrong ones from a class too', () => {
    class Wrong {
      get port() {
        return 'x';
      }
    }
    assert.throws(() => new Server(new Wrong()), { code: 'sInvalidOptions', message: /options\.port/ });
  });
});

describe('no options by name has', () => {
  for (const [what, make] of Object.entries(OTHERS)) {
    it(what, () => {
      const refusal = { code: 'sInvalidOptions' };
      assert.throws(() => new Server(make()), refusal);
      for (const name of ['tls', 'perMessageDeflate', 'history', 'presence', 'listen', 'adapter']) {
        assert.throws(() => new Server({ [name]: make() }), { ...refusal, message: new RegExp(`options\\.${name}`) }, name);
      }
      assert.throws(() => new Client('ws://x', { positions: make() }), { code: 'cInvalidOptions' });
      // As with the original, a list is an object.
      if (Array.isArray(make())) return;
      for (const options of [make(), { handshake: make() }, { queue: make() }, { reconnectOptions: make() }]) {
        assert.throws(() => new Client('ws://x', options), { code: 'cInvalidOptions' });
      }
    });
  }

  it('a Set of origins, which redirects could not be compared with', () => {
    assert.throws(() => new Client('ws://x', { redirectOrigins: /** @type {any} */ (new Set(['wss://y'])) }), { code: 'cInvalidOptions' });
  });

  it('an object for "listen" that misspells a name', () => {
    assert.throws(() => new Server({ listen: { pth: '/x' } }), { code: 'sInvalidOptions', message: /"options\.listen\.pth".*"path"/ });
  });
});
