// @ts-check
'use strict';

/** What docs/reference/publishing.md promises to other programs, with Python's `redis` and `redis-cli`. */

const assert = require('node:assert');
const { execFile } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { describe, it } = require('node:test');
const { promisify } = require('node:util');
const { withScene } = require('../process/support/scene');
const { startJoined } = require('./support/joined');
const { connect } = require('./support/members');
const { install } = require('./support/python');
const { Redis } = require('./support/redis');

const run = promisify(execFile);
const ROOT = path.join(__dirname, '../..');
const SCRIPT = path.join(ROOT, 'lua/publish.lua');
const PAGE = fs.readFileSync(path.join(ROOT, 'docs/reference/publishing.md'), 'utf8');

/** The blocks of code in the page, in a language. */
const blocks = (/** @type {string} */ language) => [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code]) => code);

/**
 * Collects the messages of channels.
 * @param {Redis} redis
 * @param {...string} channels
 */
async function subscribe(redis, ...channels) {
  const client = redis.connect();
  /** @type {{channel: string, data: Buffer}[]} */
  const got = [];
  client.on('messageBuffer', (channel, data) => got.push({ channel: String(channel), data }));
  await client.subscribe(...channels);
  return { got, end: () => client.disconnect() };
}

/** @param {() => boolean} holds */
async function until(holds) {
  for (let attempt = 0; !holds(); attempt += 1) {
    assert.ok(attempt < 1000, 'it does not happen');
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}

/** The position and the message in what a history publishes. @param {Buffer} data */
function kept(data) {
  assert.deepEqual([...data.subarray(0, 2)], [1, 2]);
  const end = 3 + data[2];
  return { position: data.toString('utf8', 3, end), message: data.toString('utf8', end) };
}

/** @param {Redis} redis */
const cli = (redis, /** @type {string[]} */ ...args) => run('redis-cli', ['-p', String(redis.port), ...args]);

describe('publishing from other programs', () => {
  it('a stream that is ahead of its state gives way to a new history, so the room is not refused for ever', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const script = fs.readFileSync(SCRIPT, 'utf8');
    const publish = (/** @type {string} */ text) => redis.command('EVAL', script, '2', 'line:m:x', 'line:h:x', 'line:r:x', text, '10', '60000', '1');
    const [before] = String(await publish('{"n":"a"}')).split(':');
    await redis.command('XADD', 'line:h:x', '*', 'foreign', 'entry');
    const [epoch, offset] = String(await publish('{"n":"b"}')).split(':');
    assert.ok(epoch !== before && offset === '1', `${before}, ${epoch}:${offset}`);
    // The script is stopped between its commands.
    await redis.command('ACL', 'SETUSER', 'default', '-hset');
    await assert.rejects(Promise.resolve(publish('{"n":"c"}')), /executing the script|NOPERM/);
    await redis.command('ACL', 'SETUSER', 'default', '+@all');
    assert.match(String(await publish('{"n":"d"}')), /:1:1$/);
    assert.match(String(await publish('{"n":"e"}')), /:2:1$/);
    const entries = /** @type {[string, string[]][]} */ (await redis.command('XRANGE', 'line:h:x', '-', '+'));
    assert.deepEqual(entries.map(([id, [, text]]) => [id, text]), [['1-1', '{"n":"d"}'], ['2-1', '{"n":"e"}']]);
  }));

  it('clients of all servers get it, and nothing of another form', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 2);
    const members = await Promise.all(nodes.map((node) => connect(scene, node, { rooms: ['news'] })));
    for (const message of ['{"n":"said","p":1,"x":2}', '{"n":"said"', 'said', '{"n":"said","p":"hi"}']) {
      await cli(redis, 'PUBLISH', 'line:r:news', message);
    }
    await cli(redis, 'PUBLISH', 'line:all', '{"n":"told","p":"all"}');
    for (const member of members) {
      assert.deepEqual(await member.got('said', 1), ['hi']);
      assert.deepEqual(await member.got('told', 1), ['all']);
    }
  }));

  it('redis-cli publishes as the page says', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const { got, end } = await subscribe(redis, 'line:r:news');
    for (const block of blocks('sh')) {
      const command = block
        .replace('redis-cli ', `redis-cli -p ${redis.port} `)
        .replace('node_modules/line-socket-native/lua/publish.lua', SCRIPT);
      await run('sh', ['-ec', command]);
    }
    await until(() => got.length === 2);
    const message = '{"n":"said","p":{"text":"hi"}}';
    assert.equal(String(got[0].data), message);
    const { position, message: text } = kept(got[1].data);
    assert.equal(text, message);
    assert.match(position, /^[1-9a-z][0-9a-z]*:1:(?:0|[1-9a-f][0-9a-f]{0,3})$/);
    end();
  }));

  it('Python publishes as the page says', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const long = 'é'.repeat(101);
    const hashed = `~${createHash('sha256').update(long).digest('hex')}`;
    const { got, end } = await subscribe(redis, 'line:r:news', `line:r:${hashed}`);
    const [plain, key, history] = blocks('python');
    const program = [
      plain, key, history,
      'first = publish_kept("news", "said", {"text": "one"})',
      'second = publish_kept("news", "said", {"text": "é"}, size=5, ttl=60_000)',
      `publish_kept(${JSON.stringify(long)}, "said", None)`,
      'print(first, second)',
    ].join('\n').replaceAll('redis.Redis()', `redis.Redis(port=${redis.port})`).replace('node_modules/line-socket-native/lua/publish.lua', SCRIPT);
    const { stdout } = await run(install().python, ['-c', program]);
    await until(() => got.length === 4);
    assert.deepEqual(JSON.parse(String(got[0].data)), { n: 'said', p: { text: 'hi' } });
    const [first, second, third] = got.slice(1).map(({ data }) => kept(data));
    assert.equal(stdout.trim(), `${first.position} ${second.position}`);
    assert.equal(first.position.split(':')[0], second.position.split(':')[0]);
    assert.deepEqual([first, second].map(({ position }) => position.split(':')[1]), ['1', '2']);
    assert.deepEqual(JSON.parse(second.message), { n: 'said', p: { text: 'é' } });
    assert.deepEqual(JSON.parse(third.message), { n: 'said', p: null });
    assert.equal(got[3].channel, `line:r:${hashed}`);
    // As servers read it.
    const [e, s, t] = await redis.command('HMGET', 'line:m:news', 'e', 's', 't');
    assert.equal(`${e}:${s}:${t}`, second.position);
    const entries = await redis.command('XRANGE', 'line:h:news', '-', '+');
    assert.deepEqual(entries.map(([id, [m, text]]) => [id, m, JSON.parse(text).p.text]), [['1-1', 'm', 'one'], ['2-1', 'm', 'é']]);
    const [life, longer] = [await redis.command('PTTL', 'line:h:news'), await redis.command('PTTL', 'line:m:news')];
    assert.ok(life > 50_000 && life <= 60_000 && longer > 86_400_000, `${life}, ${longer}`);
    end();
  }));

  it('the tag of a room on a Redis Cluster is that of the servers', async () => {
    const [, key, , cluster] = blocks('python');
    const functions = cluster.split('\ncluster.')[0];
    const { stdout } = await run(install().python, ['-c', `${key}\n${functions}\nprint(tagged("r", "news"), tagged("h", "é"))`]);
    // crates/core/src/cluster/redis/keys.rs has the same names in a test.
    assert.equal(stdout.trim(), 'line:{41}:r:news line:{68}:h:é');
  });

  it('the user that the page describes may publish, and nothing else', withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const [rules] = blocks('text');
    await cli(redis, ...rules.trim().split(' '));
    const as = ['--user', 'publisher', '--pass', 'password', '--no-auth-warning'];
    const publish = await cli(redis, ...as, 'PUBLISH', 'line:r:news', '{"n":"a"}');
    assert.equal(publish.stdout.trim(), '0');
    const script = ['--eval', SCRIPT, 'line:m:news', 'line:h:news', ',', 'line:r:news', '{"n":"a"}', '10', '1000'];
    assert.match((await cli(redis, ...as, ...script)).stdout, /:1:/);
    for (const command of [['PUBLISH', 'line:n', 'x'], ['GET', 'line:m:news'], ['FLUSHALL'], ['DEL', 'line:id:x']]) {
      assert.match((await cli(redis, ...as, ...command)).stdout, /NOPERM/);
    }
  }));
});
