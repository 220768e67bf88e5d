// @ts-check
'use strict';

/** The log of the core (`RUST_LOG`), on stderr beside the lines of `debug` (`DEBUG`). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { exchange, upgradeRequest } = require('../helpers/raw-http');
const { withScene } = require('./support/scene');

/** A line of either: time, namespace, text. */
const LINE = /^\d{4}-\d\d-\d\dT[\d:.]+Z (line:[\w:.-]+) (.*)$/;

/**
 * Starts a server, runs a client's life, and stops it through that.
 * @param {import('./support/scene').Scene} scene
 * @param {Record<string, string>} env
 * @param {(port: number) => Promise<unknown>} [before] Done before the client comes.
 * @returns {Promise<string>} What the process wrote to stderr.
 */
async function logOf(scene, env, before = async () => {}) {
  // Whoever runs the tests may have set any of them.
  const child = scene.child('logging.js', [], { env: { DEBUG: '', RUST_LOG: '', ...env } });
  const port = await child.report();
  await before(port);
  const client = await scene.open(port);
  await client.handshake();
  client.json({ n: 'stop' });
  await child.succeeded();
  return (await child.exited()).stderr;
}

/** @param {string} stderr @returns {{namespace: string, text: string}[]} */
function linesOf(stderr) {
  return stderr.trimEnd().split('\n').map((line) => {
    const [, namespace, text] = LINE.exec(line) ?? assert.fail(`no line of a log: ${line}`);
    return { namespace, text };
  });
}

describe('RUST_LOG', () => {
  it('says nothing unless it is set', withScene(async (scene) => {
    assert.equal(await logOf(scene, {}), '');
  }));

  it('tells the life of server and connections, in one log with DEBUG', withScene(async (scene) => {
    const lines = linesOf(await logOf(scene, { RUST_LOG: 'debug', DEBUG: 'line:*' }));
    /** @param {RegExp} text @param {string} namespace */
    const at = (text, namespace) => {
      const index = lines.findIndex((line) => line.namespace.startsWith(namespace) && text.test(line.text));
      assert.notEqual(index, -1, `${namespace} ${text} in ${JSON.stringify(lines, null, 1)}`);
      return index;
    };
    const id = /^DEBUG .*: is connection ([\w-]+)$/.exec(lines[at(/: is connection /, 'line:core:hub')].text)?.[1];
    const order = [
      at(/^created$/, 'line:server'),
      at(/^INFO .*: listens on 127\.0\.0\.1:\d+$/, 'line:core:transport'),
      at(/^DEBUG 127\.0\.0\.1:\d+: accepted$/, 'line:core:transport'),
      at(/^DEBUG connection #\d+ of 127\.0\.0\.1:\d+: opened$/, 'line:core:hub'),
      at(/: is connection /, 'line:core:hub'),
      at(/^handshake received$/, `line:server:connection:${id}`),
      at(/^connected$/, `line:server:connection:${id}`),
      at(/^stopping$/, 'line:server'),
      at(/^INFO .*: stopped$/, 'line:core:transport'),
      at(/^stopped$/, 'line:server'),
    ];
    assert.deepEqual(order, [...order].sort((a, b) => a - b), JSON.stringify(lines, null, 1));
    at(new RegExp(`^DEBUG connection ${id}: ended with `), 'line:core:hub');
    assert.ok(!lines.some(({ text }) => text.startsWith('TRACE')));
  }));

  it('tells why upgrades are refused and connections end, and no secrets', withScene(async (scene) => {
    const stderr = await logOf(scene, { RUST_LOG: 'line_socket_native=debug' }, async (port) => {
      const headers = { Origin: 'https://other.example\t"', Cookie: 'secret=1' };
      await exchange(port, upgradeRequest({ path: '/chat?secret=2', headers }));
      await exchange(port, 'no HTTP\r\n\r\n');
      const bad = await scene.open(port);
      bad.send(Buffer.from([0xff, 0xff]));
      await bad.ended;
      const good = await scene.open(port);
      good.json({ n: 'x', p: 'secret=3' });
      good.close(4001, 'bye "now"\n');
      await good.ended;
    });
    for (const text of [
      /refused is GET "\/chat", host: "localhost", .*origin: "https:\/\/other\.example\\t\\""/,
      /refused with 403 Forbidden "Pages of this origin may not connect"/,
      /refused with 400 Bad Request/,
      /connection #0 of .*, sends close frame 1002/,
      /received close frame 4001 "bye \\"now\\"\\n"/,
      /connection #1 of .*: ended with 4001/,
    ]) assert.match(stderr, text);
    assert.doesNotMatch(stderr, /secret/);
  }));

  it('shows messages at trace, by their length', withScene(async (scene) => {
    const stderr = await logOf(scene, { RUST_LOG: 'off,line_socket_native::transport=trace' });
    assert.match(stderr, /line:core:transport:session TRACE connection [\w-]+: received Text message of 12 bytes/);
    assert.doesNotMatch(stderr, /line:core:hub/);
  }));

  it('warns of a filter that it cannot read, and serves', withScene(async (scene) => {
    const stderr = await logOf(scene, { RUST_LOG: 'line_socket_native=loud' });
    assert.match(stderr, /\[LINE_RUST_LOG\] Warning: RUST_LOG is ignored: .*loud/);
    assert.doesNotMatch(stderr, /line:core/);
  }));

  it('is one for all worker threads', withScene(async (scene) => {
    const child = scene.child('logging.js', ['workers'], { env: { DEBUG: '', RUST_LOG: 'info' } });
    for (const port of [await child.report(), await child.report()]) {
      const client = await scene.open(port);
      await client.handshake();
      client.json({ n: 'stop' });
    }
    await child.succeeded();
    const texts = linesOf((await child.exited()).stderr).map(({ text }) => text);
    assert.equal(texts.filter((text) => /: listens on /.test(text)).length, 2, texts.join('\n'));
    assert.equal(texts.filter((text) => /: stopped$/.test(text)).length, 2, texts.join('\n'));
  }));
});
