// @ts-check
'use strict';

/** Options that there are not: misspelt ones are refused, others are warned of. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { loadNative } = require('../helpers/implementations');
const { withScene } = require('./support/scene');

const { Server } = loadNative();
const { OPTIONS } = require('../../lib/options/known-options.js');

/** Names as people misspell them, and what they meant. */
const MISSPELT = {
  maxPayLoad: 'maxPayload',
  max_payload: 'maxPayload',
  maxpayload: 'maxPayload',
  maxPaylod: 'maxPayload',
  prot: 'port',
  Port: 'port',
  potr: 'port',
  hots: 'host',
  hostname: 'host',
  tsl: 'tls',
  ssl: 'tls',
  cert: 'tls',
  pingIntervall: 'pingInterval',
  pingTimeout: 'responseTimeout',
  reponseTimeout: 'responseTimeout',
  handshakeTimout: 'handshakeTimeout',
  allowedOrigin: 'allowedOrigins',
  origins: 'allowedOrigins',
  perMessageDefalte: 'perMessageDeflate',
  permessageDeflate: 'perMessageDeflate',
  maxConnectionPerAddress: 'maxConnectionsPerAddress',
  verfyClient: 'verifyClient',
  subprotocols: 'protocols',
  ioThread: 'ioThreads',
};

/** @param {string} meant @returns {any} What the error must be like. */
function refusal(meant) {
  return { name: 'LineError', code: 'sInvalidOptions', message: new RegExp(`did you mean "${meant}"\\?$`) };
}

/**
 * The warnings of a program.
 * @param {string} program That has `Server`.
 * @returns {string[]}
 */
function warningsOf(program) {
  const file = path.join(__dirname, '../../lib/index.js');
  const text = `process.on('warning', ({ name, code, message }) => console.log([name, code, message].join('; ')));
    const Server = require(${JSON.stringify(file)}); ${program}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', text], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter(Boolean);
}

function certificate() {
  return fs.readFileSync(path.join(__dirname, '../fixtures/tls/server.pem'), 'utf8');
}

describe('a misspelt option', () => {
  for (const [name, meant] of Object.entries(MISSPELT)) {
    it(`${name} is refused, ${meant} suggested`, () => {
      for (const value of [1, null, undefined, 'x', {}]) assert.throws(() => new Server({ [name]: value }), refusal(meant));
    });
  }

  it('is refused when it is set later, and nothing has changed', () => {
    const server = new Server({ maxPayload: 5 });
    assert.throws(() => (server.options.maxPayLoad = 9), refusal('maxPayload'));
    assert.throws(() => Object.assign(server.options, { prot: 9 }), refusal('port'));
    assert.throws(() => (server.options = { prot: 9 }), refusal('port'));
    assert.deepEqual(Object.keys(server.options), ['responseTimeout', 'handshakeTimeout', 'pingInterval', 'maxPayload']);
    assert.equal(server.options.maxPayload, 5);
  });

  it('is refused inside of other options', () => {
    for (const [options, meant] of /** @type {[any, string][]} */ ([
      [{ tls: { kay: 'x' } }, 'key'],
      [{ tls: { keys: 'x' } }, 'key'],
      [{ tls: { rejectUnauthorised: true } }, 'rejectUnauthorized'],
      [{ tls: { minversion: undefined } }, 'minVersion'],
      [{ tls: { cert: certificate(), key: { pem: 'x', passprase: 'y' } } }, 'passphrase'],
      [{ listen: { path: '/tmp/x', mod: 0o600 } }, 'mode'],
      [{ perMessageDeflate: { treshold: 1 } }, 'threshold'],
      [{ perMessageDeflate: { memlevel: undefined } }, 'memLevel'],
      [{ perMessageDeflate: { zlibDeflateOptions: { windowbits: 9 } } }, 'windowBits'],
      [{ perMessageDeflate: { zlibInflateOptions: { chunksize: 1024 } } }, 'chunkSize'],
    ])) {
      assert.throws(() => new Server(options), refusal(meant), JSON.stringify(options));
    }
  });

  it('is refused by stop()', withScene(async (scene) => {
    const { server } = await scene.listen();
    await assert.rejects(server.stop({ drian: 5 }), refusal('drain'));
    await assert.rejects(server.stop({ drain: 5, resaon: 'x' }), refusal('reason'));
    assert.notEqual(server.server, null);
  }));

  it('is never one of the options there are', () => {
    const good = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, undefined]));
    ['responseTimeout', 'handshakeTimeout', 'pingInterval'].forEach((name) => (good[name] = /** @type {any} */ (1)));
    assert.doesNotThrow(() => new Server(good));
  });
});

describe('an option that resembles none', () => {
  it('is kept, and warned of once', () => {
    const program = `for (let i = 0; i < 3; i++) {
        const { options } = new Server({ database: 1 });
        options.colours = 2;
        if (options.database !== 1 || options.colours !== 2) throw new Error('not kept');
      }`;
    assert.deepEqual(warningsOf(program), [
      'Warning; LINE_UNKNOWN_OPTION; The option "database" of the line server has no effect: there is none of this name',
      'Warning; LINE_UNKNOWN_OPTION; The option "colours" of the line server has no effect: there is none of this name',
    ]);
  });

  it('and those that applications of the original pass are no error', () => {
    const warnings = warningsOf('for (const port of [1, 2]) new Server({ port, handshakePayload: { authToken: 42 }, noDelay: true, disableHixie: true })');
    assert.deepEqual(warnings.map((text) => /** @type {any} */ (/option "(\w+)"/.exec(text))[1]), ['handshakePayload', 'noDelay', 'disableHixie']);
  });

  it('is not warned of when there is none', () => {
    assert.deepEqual(warningsOf("new Server({ port: 0, perMessageDeflate: true, path: '/x' }).options.port = 5"), []);
  });
});

describe('server.options', () => {
  it('checks what is set on it, options that are not live too', () => {
    const { options } = new Server({ port: 0 });
    assert.throws(() => (options.port = -1), { code: 'sInvalidOptions' });
    assert.equal(options.port, 0);
    options.port = 5;
    assert.equal(options.port, 5);
  });

  it('goes on checking an option that was deleted', () => {
    const { options } = new Server({ maxPayload: 5 });
    delete options.maxPayload;
    assert.equal(options.maxPayload, undefined);
    assert.throws(() => (options.maxPayload = -1), { code: 'sInvalidOptions' });
    assert.throws(() => delete options.pingInterval, { code: 'sInvalidOptions' });
  });

  it('may be replaced as a whole', withScene(async (scene) => {
    const { server, connection } = await scene.pair({ responseTimeout: 60000 });
    server.options = { ...server.options, responseTimeout: 20 };
    await assert.rejects(connection.send('x'), { code: 'scMessageTimeout', message: /20 ms/ });
    assert.throws(() => (server.options = { ...server.options, responseTimeout: -1 }), { code: 'sInvalidOptions' });
    assert.equal(server.options.responseTimeout, 20);
  }));
});
