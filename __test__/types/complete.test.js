// @ts-check
'use strict';

/** The declared types and the classes have the same members: neither has one the other lacks. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const Server = require('../../lib/index.js');
const { SocketServer } = require('../../lib/attach/socket-server.js');
const { OPTIONS } = require('../../lib/options/known-options.js');
const { Declarations, importNames } = require('./declarations');

const types = new Declarations(path.join(__dirname, '../../index.d.ts'));

const server = /** @type {any} */ (new Server({ port: 0, presence: { room: {} } }));
const connection = new (/** @type {any} */ (Server.ServerConnection))(server, 0, 'id');

describe('the declared types', () => {
  it('compile', () => {
    assert.deepEqual(types.problems(), []);
  });

  it('are the same for import, but for what has another name there', () => {
    const elsewhere = ['Connection', 'Room', 'Error'];
    const names = importNames(path.join(__dirname, '../../types/index.d.mts'));
    assert.deepEqual(names.sort(), types.exports().filter((name) => !elsewhere.includes(name)).sort());
  });

  for (const [name, object] of Object.entries({
    Server: server,
    ServerConnection: connection,
    ServerRoom: server.rooms.root,
    Target: server.everyone,
    RemoteConnection: server.connection('id'),
    Presence: server.room('room').presence(),
    Rooms: server.rooms,
    Message: new Server.Message({ name: 'x' }),
    Socket: connection.socket,
    SocketServer: new SocketServer(server),
  })) {
    it(`have the members of ${name}`, () => types.assertSameMembers(types.instanceType(name), object));
  }

  it('have the members of LineError', () => {
    const declared = types.names(types.instanceType('LineError'));
    const own = Object.getOwnPropertyNames(new Server.LineError('code', 'message'));
    assert.deepEqual(own.filter((name) => !declared.includes(name)), []);
  });

  for (const name of ['Server', 'ServerConnection', 'ServerRoom', 'Message']) {
    const actual = /** @type {any} */ (Server)[name];
    it(`have the static members of ${name}`, () => types.assertSameMembers(types.staticType(name), actual));

    for (const member of types.names(types.staticType(name))) {
      if (!['Event', 'State', 'ErrorCode', 'Name'].includes(member)) continue;
      it(`have the values of ${name}.${member}`, () => {
        assert.deepEqual({ ...actual[member] }, types.staticValue(name, member));
      });
    }
  }

  for (const [name, member] of [['ConnectionErrorCode', 'ServerConnection'], ['ServerErrorCode', 'Server'], ['MessageErrorCode', 'Message']]) {
    it(`have the union ${name}`, () => {
      const codes = Object.values(/** @type {any} */ (Server)[member].ErrorCode);
      assert.deepEqual(types.union(name).sort(), codes.sort());
    });
  }

  const options = types.names(types.instanceType('ServerOptions'));
  for (const name of options) {
    it(`have only options that are known: ${name}`, () => {
      assert.throws(() => new Server(/** @type {any} */ ({ [name]: Symbol('no option') })), { code: 'sInvalidOptions' });
    });
  }

  it('have every option that is known', () => {
    assert.deepEqual([...options].sort(), Object.keys(OPTIONS).sort());
  });

  it('have every option with a default', () => {
    const known = Object.getOwnPropertyNames(new Server().options);
    assert.deepEqual(known.filter((name) => !options.includes(name)), []);
  });
});
