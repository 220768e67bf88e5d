// @ts-check
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { once } = require('node:events');
const test = require('node:test');
const { report } = require('../cluster/report');
const { rows } = require('../cluster/rows');
const { peers } = require('../cluster/peers');
const { LightSocket } = require('../cluster/socket');
const { cases } = require('../lib/cases');
const { median } = require('../lib/results');

/** @param {import('../cluster/report').Results} results */
const text = (results) => report({ results, rows, peers, quick: false, rounds: 3, redis: '7', median });

test('the table has medians, in bold what is missed, and what failed', () => {
  const table = text({
    room: { classic: [{ cpu: 20, js: 18 }, { cpu: 10, js: 9 }, { cpu: 30, js: 29 }], streams: [{ error: 'gone' }], ours: [{ cpu: 7, js: 0.2 }] },
    rooms: { ours: [{ cpu: 50, p50: 0.2, p99: 4 }] },
  });
  assert.match(table, /\| one room of 300.* \| 20\.0 \| – \| failed \| \*\*7\.00\*\* \| 6 \|/);
  assert.match(table, /\| the same on the JavaScript threads \| 18\.0 \| – \| failed \| 0\.20 \| 0\.3 \|/);
  assert.match(table, /\| 300 rooms of one.* \| – \| – \| – \| 50\.0 \| 50 \|/);
  assert.match(table, /p99 in ms \| – \| – \| – \| \*\*0\.20, 4\.00\*\* \| 0\.3, 3 \|/);
});

test('every row has lines, and keys of its own', () => {
  assert.equal(new Set(rows.map(({ key }) => key)).size, rows.length);
  for (const row of rows) {
    assert.ok(row.lines.length > 0, row.key);
    for (const peer of row.peers) assert.ok(peers.some(({ key }) => key === peer), `${row.key}: ${peer}`);
  }
});

test('the light client takes frames apart wherever they are cut, and masks its own', async (t) => {
  const frames = ['a', 'b'.repeat(200), 'c'.repeat(70_000)].map((payload) => {
    const { length } = payload;
    const head = length < 126 ? [0x81, length] : length < 65_536 ? [0x81, 126, length >> 8, length & 255] : [0x81, 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
    return Buffer.concat([Buffer.from(head), Buffer.from(payload)]);
  });
  const sent = Buffer.concat([Buffer.from('HTTP/1.1 101 Switching Protocols\r\n\r\n'), ...frames]);
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    for (let at = 0; at < sent.length; at += 977) setImmediate(() => socket.write(sent.subarray(at, at + 977)));
    socket.on('data', (data) => socket.emit('got', data));
    server.emit('served', socket);
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const served = once(server, 'served');
  const client = new LightSocket(/** @type {net.AddressInfo} */ (server.address()).port, '/');
  t.after(() => client.destroy());
  /** @type {string[]} */
  const texts = [];
  await new Promise((resolve) => {
    client.onText = (frame) => {
      texts.push(frame.toString());
      if (texts.length === 3) resolve(undefined);
    };
  });
  assert.deepEqual(texts.map((each) => [each[0], each.length]), [['a', 1], ['b', 200], ['c', 70_000]]);
  const [socket] = await served;
  client.send('hi');
  const [got] = await once(socket, 'got');
  assert.deepEqual([...got.subarray(-8)], [0x81, 0x82, 0, 0, 0, 0, 104, 105]);
});

test('commands in the guide of sizing name cases and rows that there are', () => {
  const text = fs.readFileSync(path.join(__dirname, '../../docs/guides/sizing.md'), 'utf8');
  const named = (/** @type {RegExp} */ pattern) => [...text.matchAll(pattern)].map(([, name]) => name);
  const keys = (/** @type {{key: string}[]} */ list) => new Set(list.map(({ key }) => key));
  const [rowKeys, caseKeys] = [keys(rows), keys(cases)];
  assert.ok(named(/--rows/g).length >= 4);
  assert.deepEqual(named(/--rows ([\w-]+)/g).filter((name) => !rowKeys.has(name)), []);
  assert.deepEqual(named(/--cases ([\w-]+)/g).filter((name) => name !== 'cluster' && !caseKeys.has(name)), []);
});
