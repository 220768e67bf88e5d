// @ts-check
'use strict';

/** `npm run cluster`: the chat on three nodes behind nginx, while a node and Redis are killed. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const LineClient = require('../../client-node.js');
const { WITHOUT_REDIS } = require('../cluster/support/needs');
const { until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/** @typedef {import('../process/support/scene').Scene} Scene */

const DEMO = path.join(__dirname, '../../examples/three-nodes/demo.js');

/** Time for what takes seconds: a node that is gone, Redis that comes back, on a busy machine. In ms. */
const PATIENCE = 30000;

/** The demo in a process of its own, and what it has printed. */
class Demo {
  /** @type {string[]} */
  lines = [];

  /** @param {Scene} scene @param {Record<string, string>} [env] */
  constructor(scene, env) {
    // It ends everything in order, before it is ended by SIGKILL.
    scene.defer(async () => {
      if (this.child.isRunning) this.child.signal('SIGTERM');
      await this.child.exited().catch(() => {});
    });
    this.child = scene.run(DEMO, [], { env });
  }

  /**
   * Reads to a line.
   * @param {RegExp} pattern
   */
  async reads(pattern) {
    for (;;) {
      const line = await this.child.line(PATIENCE);
      this.lines.push(line);
      const match = pattern.exec(line);
      if (match) return match;
    }
  }

  /** @param {string} command @param {RegExp} answer */
  async does(command, answer) {
    this.child.tell(command);
    return this.reads(answer);
  }

  async start() {
    const [, url, port] = await this.reads(/^Open (http:\/\/localhost:(\d+))\/ /);
    const [, folder] = await this.reads(/^What the parts write is in (.*)$/);
    await this.reads(/quit +ends everything/);
    const pids = this.lines.flatMap((line) => /^ {2}(\w+(?: \d)?) +port \d+ {2}pid (\d+)$/.exec(line)?.slice(1) ?? []);
    return { url, port, folder, pids: pids.filter((_, index) => index % 2 === 1).map(Number) };
  }
}

/** A client as the page is one. */
class Member {
  /** Texts that were said, in order. @type {string[]} */
  said = [];
  /** Texts that were shown before the other nodes had them. @type {string[]} */
  waiting = [];
  /** @type {{nick: string, node: string}[]} */
  members = [];
  /** Rooms of which something is lost. @type {string[]} */
  lost = [];

  /** @param {Scene} scene @param {string} port @param {string} nick */
  constructor(scene, port, nick) {
    this.nick = nick;
    this.client = new LineClient(`ws://127.0.0.1:${port}`, {
      handshake: { payload: { nick, key: `key of ${nick}` } },
      reconnectOptions: { initialDelay: 50, maxDelay: 500 },
      queue: { max: 20, ttl: 60000 },
    });
    scene.defer(() => this.client.disconnect());
    this.client.on('said', ({ payload }) => this.said.push(payload.text));
    this.client.on('waiting', ({ payload }) => this.waiting.push(payload.text));
    this.client.on('members', ({ payload }) => (this.members = payload));
    this.client.on('_recovered', ({ room, recovered }) => recovered || this.lost.push(room));
  }

  async connect() {
    const connected = new Promise((resolve) => this.client.once('_connected', resolve));
    this.client.connect();
    await within(connected, 'connection', PATIENCE);
  }

  /** The node that it is on, as its page shows it. */
  get node() {
    return this.members.find(({ nick }) => nick === this.nick)?.node;
  }

  /** @param {string[]} texts */
  async has(texts) {
    const patience = until(() => this.said.length >= texts.length, 'said', PATIENCE);
    await patience.catch((error) => assert.fail(`${error.message}: ${this.nick} has ${this.said}`));
    assert.deepEqual(this.said, texts, this.nick);
  }
}

describe('examples/three-nodes', { skip: WITHOUT_REDIS, timeout: 180000 }, () => {
  it('a node and Redis are killed while people chat: nobody loses anything', withScene(async (scene) => {
    const demo = new Demo(scene);
    const { url, port, folder, pids } = await demo.start();
    assert.equal(pids.length, 5, demo.lines.join('\n'));
    assert.match(await (await fetch(url)).text(), /<title>line-socket-native/);

    const [ann, bob, cy] = ['Ann', 'Bob', 'Cy'].map((nick) => new Member(scene, port, nick));
    const everyone = [ann, bob, cy];
    for (const member of everyone) await member.connect();
    // Each page shows all three, and which nodes they are on.
    const nodes = (/** @type {Member} */ member) => member.members.map(({ node }) => node).sort().join();
    for (const member of everyone) await until(() => nodes(member) === 'node 1,node 2,node 3', `on three nodes: ${member.nick}`, PATIENCE);
    /** @type {string[]} */
    const texts = [];
    const say = async (/** @type {Member} */ member, /** @type {string} */ text) => {
      texts.push(text);
      await member.client.send('say', text);
    };
    await say(ann, 'one');
    for (const member of everyone) await member.has(texts);

    // A node dies, and what is said meanwhile reaches whoever was on it.
    const left = bob.node?.replace('node ', '');
    const gone = new Promise((resolve) => bob.client.once('_disconnected', resolve));
    const back = new Promise((resolve) => bob.client.on('_connected', resolve));
    await demo.does(`kill ${left}`, new RegExp(`^node ${left} has ended`));
    for (const text of ['two', 'three', 'four']) await say(ann, text);
    await within(gone, 'loss of the connection');
    await within(back, 'connection to another node', PATIENCE);
    await say(ann, 'five');
    for (const member of everyone) await member.has(texts);
    for (const member of everyone) {
      await until(() => member.members.length === 3 && member.members.every(({ node }) => node !== `node ${left}`), 'moved', PATIENCE);
    }

    // Redis dies: who is on the same node sees at once what is said, and everybody gets it in one order afterwards.
    await demo.does('kill redis', /^redis has ended/);
    await until(async () => {
      await say(cy, `cy ${texts.length}`);
      return cy.waiting.length > 0;
    }, 'told of the outage', PATIENCE);
    await say(cy, 'last of cy');
    await until(() => cy.waiting.at(-1) === 'last of cy', 'shown here');
    assert.ok(!ann.said.includes('last of cy') && !cy.said.includes('last of cy'));
    await demo.does('start redis', /^redis runs/);
    for (const member of everyone) await member.has(texts);
    await demo.does(`start ${left}`, new RegExp(`^node ${left} runs`));
    await say(bob, 'end');
    for (const member of everyone) {
      await member.has(texts);
      assert.deepEqual(member.lost, [], member.nick);
    }

    await demo.does('kill everything', /^"kill everything" is no command here$/);
    await demo.does('start 1', /^node 1 runs already/);
    const now = [...(await demo.does('list', /nginx .* pid/)), ...demo.lines.slice(-5)].flatMap((line) => /pid (\d+)/.exec(line)?.[1] ?? []).map(Number);
    demo.child.signal('SIGINT');
    assert.deepEqual(await demo.child.exited(PATIENCE), { code: 0, signal: null, stderr: '' });
    for (const pid of new Set([...pids, ...now])) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, String(pid));
    assert.ok(!fs.existsSync(folder));
  }));

  it('says what is missing and how to install it', withScene(async (scene) => {
    const empty = fs.mkdtempSync(path.join(os.tmpdir(), 'line-empty-'));
    scene.defer(() => fs.rmSync(empty, { recursive: true }));
    const demo = new Demo(scene, { PATH: empty });
    const { code, stderr } = await demo.child.exited();
    assert.equal(code, 1);
    // Where root's programs are is looked at in any case, and nginx is there on Debian.
    assert.match(stderr, /^redis-server was not found: install Redis 6\.2 or later \(Debian, Ubuntu: apt-get install redis-server;/);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }));

  it('leaves nothing behind when it is killed itself', withScene(async (scene) => {
    const demo = new Demo(scene);
    const { folder, pids } = await demo.start();
    assert.equal(pids.length, 5);
    demo.child.signal('SIGKILL');
    const isGone = (/** @type {number} */ pid) => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    };
    await until(() => pids.every(isGone), 'end of all parts', PATIENCE);
    await until(() => !fs.existsSync(folder), 'removal of the folder', PATIENCE);
  }));

  it('ends everything at Ctrl-C also while it starts', withScene(async (scene) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-demo-'));
    scene.defer(() => fs.rmSync(folder, { recursive: true }));
    const demo = new Demo(scene, { TMPDIR: folder });
    const left = () => fs.readdirSync(folder);
    await until(() => left().length > 0 || !demo.child.isRunning, 'begun', PATIENCE);
    demo.child.signal('SIGINT');
    assert.deepEqual(await demo.child.exited(PATIENCE), { code: 0, signal: null, stderr: '' });
    assert.deepEqual(left(), []);
  }));
});
