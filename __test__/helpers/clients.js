// @ts-check
'use strict';

/**
 * The clients the suites run with.
 *
 * `LINE_CLIENT_IMPL` selects: `original` (npm `line-socket@1.0.0`), `node` (`client/node.js`), `web`
 * (`dist/client-web.js`, with a global WebSocket from the package `ws` where Node has none), or all three
 * when unset; or `script` (`dist/client-web-globals.js`), which leaves out what only Node and bundlers need.
 */

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/**
 * @typedef {object} ClientImplementation
 * @property {'original' | 'node' | 'web' | 'script'} name
 * @property {any} Client
 */

/** @type {Record<string, () => any>} */
const LOADERS = {
  original() {
    // It replaces globals; they are restored, so that all clients run on the same ones.
    const { Promise: NativePromise, WebSocket } = /** @type {any} */ (global);
    const Client = require('line-socket/dist/client-node');
    const OriginalSocket = /** @type {any} */ (global).WebSocket;
    Object.assign(global, { Promise: NativePromise, WebSocket });
    return withSocket(Client, OriginalSocket);
  },
  node: () => require('../../client/node.js'),
  web: () => withSocket(require('../../dist/client-web.js'), require('ws')),
  script() {
    vm.runInThisContext(fs.readFileSync(path.join(__dirname, '../../dist/client-web-globals.js'), 'utf8'));
    const { LineClient } = /** @type {any} */ (global);
    delete (/** @type {any} */ (global).LineClient);
    return withSocket(LineClient, require('ws'));
  },
};

/**
 * A client class that finds its WebSocket class in a global only while it connects.
 * @param {any} Client
 * @param {any} WebSocket
 */
function withSocket(Client, WebSocket) {
  const { connect } = Client.prototype;
  Client.prototype.connect = function connectWithSocket() {
    const { WebSocket: before } = /** @type {any} */ (global);
    /** @type {any} */ (global).WebSocket = WebSocket;
    try {
      return connect.call(this);
    } finally {
      /** @type {any} */ (global).WebSocket = before;
    }
  };
  return Client;
}

/** @returns {ClientImplementation[]} The selected clients, loaded. */
function clients() {
  const only = process.env.LINE_CLIENT_IMPL;
  const names = only ? [only] : ['original', 'node', 'web'];
  return names.map((name) => {
    if (!Object.hasOwn(LOADERS, name)) throw new Error(`LINE_CLIENT_IMPL must be one of ${Object.keys(LOADERS)}`);
    return { name: /** @type {any} */ (name), Client: LOADERS[name]() };
  });
}

module.exports = { clients };
