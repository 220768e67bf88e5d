// @ts-check
'use strict';

/** Strings that hold half of a surrogate pair are told apart: as names of messages and rooms, and as ids. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { Opcode } = require('../helpers/frames');
const { withScene } = require('../process/support/scene');

/** All different. The last ones look like what the core may make of the first. */
const STRINGS = [
  '\ud800', '\ud801', '\udc00', '\udfff', '\ufffd', '\ufffd\ufffd', '\ud800\ud800', '\udc00\ud800', '\ud800\udc00',
  'a\ud800', '\ud800a', 'a\ufffd', '\ufffda', '\ufffdd800', '\ufffd\ufffdd800', '\\ud800', '%ED%A0%80', 'd800', '',
];

describe('halves of surrogate pairs', () => {
  it('messages reach the listeners of their own names only', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    /** @type {[string, unknown][]} */
    const heard = [];
    // The empty name has no listeners, as in the original.
    for (const name of STRINGS.filter(Boolean)) connection.on(name, (/** @type {any} */ message) => heard.push([name, [message.payload].flat()[0]]));
    for (const [index, name] of STRINGS.entries()) {
      client.json({ n: name, p: index });
      // Large enough to be looked at otherwise.
      client.json({ p: index, n: name, filler: 'x'.repeat(1000) });
      client.json({ n: name, p: [index, 'x'.repeat(1000)] });
    }
    await client.fence();
    const expected = STRINGS.flatMap((name, index) => (name === '' ? [] : Array(3).fill([name, index])));
    assert.deepEqual(heard, expected);
  }));

  it('a listener of U+FFFD is not called for other names', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    /** @type {unknown[]} */
    const heard = [];
    connection.on('\ufffd', (/** @type {any} */ { payload }) => heard.push(payload));
    client.text('{"n":"\\ud800","p":1}');
    client.text(`{"n":"\\udc00","p":"${'x'.repeat(1000)}"}`);
    client.text('{"n":"\\ufffd","p":2}');
    client.text('{"n":"\ufffd","p":3}');
    await client.fence();
    assert.deepEqual(heard, [2, 3]);
  }));

  it('bytes that are not UTF-8 are no message', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    /** @type {unknown[]} */
    const heard = [];
    connection.on('\ufffd', () => heard.push('message'));
    connection.on('_error', (/** @type {any} */ { code }) => heard.push(code));
    for (const bytes of [[0xff], [0xfe], [0xed, 0xa0, 0x80]]) {
      const payload = Buffer.concat([Buffer.from('{"n":"'), Buffer.from(bytes), Buffer.from('"}')]);
      client.frame({ opcode: Opcode.BINARY, payload });
    }
    await client.fence();
    assert.deepEqual(heard, ['scInvalidJson', 'scInvalidJson', 'scInvalidJson']);
  }));

  it('rooms of different names are different rooms', withScene(async (scene) => {
    const target = await scene.serve();
    const { client, connection } = await scene.connect(target);
    const { server } = target;
    for (const name of STRINGS) {
      connection.joinRoom(name);
      assert.deepEqual(connection.getRooms(), [name]);
      for (const other of STRINGS) {
        const room = server.rooms.getRoom(other);
        assert.equal(room === undefined, other !== name, JSON.stringify([name, other]));
      }
      const room = server.rooms.getRoom(name);
      assert.equal(room.name, name);
      assert.equal(room.getConnectionsCount(), 1);
      assert.equal(room.getConnectionById(connection.id), connection);
      room.broadcast('news', name);
      assert.equal((await client.message(({ n }) => n === 'news')).message.p, name);
      for (const other of STRINGS) if (other !== name) connection.leaveRoom(other);
      assert.deepEqual(connection.getRooms(), [name]);
      connection.leaveRoom(name);
      assert.deepEqual(connection.getRooms(), []);
    }
    for (const name of STRINGS) connection.joinRoom(name);
    assert.deepEqual(connection.getRooms(), STRINGS);
  }));

  it('ids that are different do not conflict, and find their own connection', withScene(async (scene) => {
    const { server, port } = await scene.serve();
    server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ message) => {
      connection.setId(message.payload);
      message.resolve();
    });
    for (const id of STRINGS) {
      const client = await scene.open(port);
      const { message } = await client.handshake(id);
      assert.equal(message.p.id, id);
    }
    for (const id of STRINGS) assert.equal(server.getConnectionById(id).id, id);
    assert.deepEqual(Object.keys(server.getConnections()).sort(), [...STRINGS].sort());
    assert.equal(server.getConnectionById('\udbff'), undefined);
  }));
});
