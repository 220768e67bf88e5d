// @ts-check
'use strict';

/** The programs of `examples/hello`, run as a newcomer runs them. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { reservePort } = require('../helpers/ports');
const { withScene } = require('../process/support/scene');

const HELLO = path.join(__dirname, '../../examples/hello');
const SERVER = path.join(HELLO, 'server.js');
const CLIENT = path.join(HELLO, 'client.js');

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const ISO = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

/**
 * @param {string[]} lines
 * @param {string[]} patterns One for each line.
 */
function assertLines(lines, patterns) {
  const shown = lines.join('\n');
  assert.equal(lines.length, patterns.length, shown);
  patterns.forEach((pattern, index) => assert.match(lines[index], new RegExp(`^${pattern}$`), shown));
}

/**
 * Puts ticks after everything else but the last lines: they come every second, whatever else happens then.
 * @param {string[]} lines
 * @param {RegExp} tick
 * @param {number} last Number of lines that come after all ticks.
 * @returns {string[]}
 */
function ticksLate(lines, tick, last) {
  const [before, after] = [lines.slice(0, -last), lines.slice(-last)];
  const [ticks, others] = [true, false].map((isTick) => before.filter((line) => tick.test(line) === isTick));
  return [...others, ...ticks, ...after];
}

/** @param {string} text */
function literally(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

describe('examples/hello', () => {
  it('client greets server', withScene(async (scene) => {
    const env = { PORT: String(await reservePort()) };
    const server = scene.run(SERVER, [], { env });
    const first = await server.line();
    assert.match(first, new RegExp(`^\\d\\d:\\d\\d:\\d\\d  listening +ws://localhost:${env.PORT}  chat page: http://localhost:${env.PORT}/$`));

    const client = scene.run(CLIENT, [], { env });
    assert.deepEqual(await client.exited(), { code: 0, signal: null, stderr: '' });
    assertLines(ticksLate(await client.remainingLines(), /"n":"tick"/, 1), [
      literally('sent  {"n":"_h","p":{"name":"hello client"},"i":"handshake"}'),
      `got   \\{"n":"_r","p":\\{"payload":"welcome","id":"${UUID}"\\},"i":"handshake","e":null\\}`,
      literally('sent  {"n":"hello","p":{"from":"client"},"i":"1"}'),
      literally('sent  {"n":"echo","p":["any",{"json":true}],"i":"2"}'),
      literally('got   {"n":"_r","p":{"hello":"yourself"},"i":"1","e":null}'),
      literally('got   {"n":"_r","p":["any",{"json":true}],"i":"2","e":null}'),
      ...Array(3).fill(`got   \\{"n":"tick","p":\\{"n":\\d+,"at":"${ISO}"\\}\\}`),
      'closed with 1000 seen enough',
    ]);

    server.signal('SIGTERM');
    assert.deepEqual(await server.exited(), { code: 0, signal: null, stderr: '' });
    const time = String.raw`\d\d:\d\d:\d\d`;
    assertLines(ticksLate(await server.remainingLines(), / {2}tick {2}/, 3), [
      `${time}  handshake     ${UUID}  ${literally('{"name":"hello client"}')}`,
      `${time}  connected     ${UUID}  from (::1|(::ffff:)?127\\.0\\.0\\.1)`,
      `${time}  hello         ${UUID}  ${literally('{"from":"client"}')}`,
      `${time}  echo          ${UUID}  ${literally('["any",{"json":true}]')}`,
      ...Array(3).fill(`${time}  tick          lobby  \\d+ to 1`),
      `${time}  disconnected  ${UUID}  1000 seen enough`,
      `${time}  stopped       SIGTERM  goodbye`,
    ]);
  }));

  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
    it(`${signal} stops the server, with a client connected`, withScene(async (scene) => {
      const env = { PORT: String(await reservePort()) };
      const server = scene.run(SERVER, [], { env });
      await server.line();
      const client = await scene.open(Number(env.PORT));
      await client.handshake();
      server.signal(signal);
      assert.deepEqual(await server.exited(), { code: 0, signal: null, stderr: '' });
      assert.match((await server.remainingLines()).at(-1) ?? '', new RegExp(`  stopped +${signal}  goodbye$`));
    }));
  }

  it('the chat refuses names that nobody can see', withScene(async (scene) => {
    const port = await reservePort();
    await scene.run(SERVER, [], { env: { PORT: String(port) } }).line();
    for (const nick of ['', ' ', ' a', '\0', 'a\nb', '\u200b', '\u202e', 5, {}]) {
      const client = await scene.open(port);
      assert.equal((await client.handshake({ nick })).message.e.message, 'A name is needed', JSON.stringify(nick));
    }
    for (const nick of ['a', '李', '__proto__', '?', '\u{1f44b}', 'a b']) {
      const client = await scene.open(port);
      assert.equal((await client.handshake({ nick })).message.p.payload, 'welcome', nick);
    }
  }));

  it('a taken port is one line of explanation and exit code 1', withScene(async (scene) => {
    const { port } = await scene.listen({ host: undefined });
    const server = scene.run(SERVER, [], { env: { PORT: String(port) } });
    const { code, stderr } = await server.exited();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^listen EADDRINUSE: .*${port}\n$`));
    assert.deepEqual(await server.remainingLines(), []);
  }));

  it('a PORT that is none is one line of explanation and exit code 1', withScene(async (scene) => {
    const { code, stderr } = await scene.run(SERVER, [], { env: { PORT: 'abc' } }).exited();
    assert.equal(code, 1);
    assert.match(stderr, /^options\.port .*'abc'.*\n$/);
  }));

  it('the client says so when no server runs, with exit code 1', withScene(async (scene) => {
    const port = await reservePort();
    const client = scene.run(CLIENT, [], { env: { PORT: String(port) } });
    const { code, stderr } = await client.exited();
    assert.equal(code, 1);
    assert.equal(stderr, `No server answered on port ${port}: start one with "npm start"\n`);
    assert.deepEqual(await client.remainingLines(), []);
  }));

  it('the client ends with exit code 1 when the server goes before it has seen enough', withScene(async (scene) => {
    const env = { PORT: String(await reservePort()) };
    const server = scene.run(SERVER, [], { env });
    await server.line();
    const client = scene.run(CLIENT, [], { env });
    for (let line = ''; !line.startsWith('got'); line = await client.line());
    server.signal('SIGTERM');
    assert.equal((await client.exited()).code, 1);
    assert.equal((await server.exited()).code, 0);
  }));
});
