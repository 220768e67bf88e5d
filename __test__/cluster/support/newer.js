// @ts-check
'use strict';

/**
 * A node as a newer version of the package would be one: between it and Redis stands a proxy that changes what it
 * publishes, and what it reads, in the protocol of Redis.
 */

const net = require('node:net');

/** Bytes of the header of a message without fields: see `crates/core/src/cluster/wire.rs`. */
const HEADER = 15;

const KIND = { BROADCAST: 1, CONTROL: 3 };

/** The version that this package writes, and one that it does not know. */
const VERSION = { OURS: 1, NEWER: 2 };

/** What is added to each message of nodes in JSON. */
const MORE = { later: { deep: [1, null, 'more'] }, other: true };

/** @typedef {(message: Buffer) => Buffer} Change */

/**
 * Adds fields that this version does not know, wherever an object has names of fields.
 * @type {Change}
 */
function tellsMore(message) {
  if (message[0] !== VERSION.OURS || message[1] !== KIND.CONTROL) return message;
  const control = JSON.parse(message.toString('utf8', HEADER));
  const [[, fields]] = Object.entries(control);
  Object.assign(fields, MORE);
  if (fields.with !== undefined) Object.assign(fields.with, MORE);
  // A question is an object with its name as the only key.
  for (const question of Object.values(fields.what ?? {})) {
    Object.assign(question, MORE);
    if (question.whom !== undefined) Object.assign(question.whom, MORE);
  }
  return Buffer.concat([message.subarray(0, HEADER), Buffer.from(JSON.stringify(control))]);
}

/**
 * Gives a message the next version.
 * @type {Change}
 */
function raised(message) {
  return message[0] === VERSION.OURS ? Buffer.concat([Buffer.of(VERSION.NEWER), message.subarray(1)]) : message;
}

/**
 * The same backwards, in what Redis sends: a version that writes the new form reads it as well.
 * @type {Change}
 */
function lowered(values) {
  let text = values.toString('latin1').replaceAll('\r\n\x02', '\r\n\x01');
  // A message that a history has given a position stands behind that.
  for (let at = text.indexOf('\r\n\x01\x02'); at >= 0; at = text.indexOf('\r\n\x01\x02', at + 1)) {
    const inner = at + 5 + text.charCodeAt(at + 4);
    if (text[inner] === '\x02') text = `${text.slice(0, inner)}\x01${text.slice(inner + 1)}`;
  }
  return Buffer.from(text, 'latin1');
}

/**
 * Where a command has the message that it publishes.
 * @param {Buffer[]} words
 * @returns {number | undefined}
 */
function messageIn(words) {
  const name = words[0].toString().toUpperCase();
  if (name === 'PUBLISH' || name === 'SPUBLISH') return 2;
  // The script that keeps a message: channel and message follow the keys.
  if (name === 'EVAL' || name === 'EVALSHA') return 3 + Number(words[2]) + 1;
  return undefined;
}

/** Commands of a client of Redis, as they come. */
class Commands {
  #rest = Buffer.alloc(0);

  /**
   * @param {Buffer} chunk
   * @returns {Buffer[][]} The words of each command that is complete.
   */
  push(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    /** @type {Buffer[][]} */
    const commands = [];
    for (let words = this.#next(); words !== undefined; words = this.#next()) commands.push(words);
    return commands;
  }

  #next() {
    let at = 0;
    const number = () => {
      const end = this.#rest.indexOf('\r\n', at);
      if (end < 0) return -1;
      const value = Number(this.#rest.toString('latin1', at + 1, end));
      at = end + 2;
      return value;
    };
    const count = number();
    if (count < 0) return undefined;
    /** @type {Buffer[]} */
    const words = [];
    while (words.length < count) {
      const length = number();
      if (length < 0 || this.#rest.length < at + length + 2) return undefined;
      words.push(this.#rest.subarray(at, at + length));
      at += length + 2;
    }
    this.#rest = this.#rest.subarray(at);
    return words;
  }
}

/** What Redis sends, which the network cuts anywhere. */
class Replies {
  #rest = Buffer.alloc(0);

  /**
   * @param {Buffer} chunk
   * @returns {Buffer} The values that are complete.
   */
  push(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    let end = 0;
    for (let next = this.#after(0); next >= 0; next = this.#after(end)) end = next;
    const complete = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end);
    return complete;
  }

  /**
   * @param {number} at Where a value begins.
   * @returns {number} Where it ends; -1 when it is not complete.
   */
  #after(at) {
    const line = this.#rest.indexOf('\r\n', at);
    if (line < 0) return -1;
    const type = String.fromCharCode(this.#rest[at]);
    const size = Number(this.#rest.toString('latin1', at + 1, line));
    if ('$=!'.includes(type)) {
      const end = size < 0 ? line + 2 : line + 2 + size + 2;
      return end <= this.#rest.length ? end : -1;
    }
    let end = line + 2;
    const values = '*~>'.includes(type) ? size : type === '%' ? 2 * size : 0;
    for (let value = 0; value < values && end >= 0; value += 1) end = this.#after(end);
    return end;
  }
}

/** @param {Buffer[]} words */
function written(words) {
  const parts = words.flatMap((word) => [Buffer.from(`$${word.length}\r\n`), word, Buffer.from('\r\n')]);
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

/**
 * Stands before Redis until the test ends.
 * @param {import('./program').Owner} owner
 * @param {import('./redis').Redis} redis
 * @param {Change} change Of each message that is published.
 * @param {Change} [back] Of what Redis sends, in whole values.
 * @returns {Promise<string>} The address that a node is given.
 */
async function newerVersion(owner, redis, change, back = (values) => values) {
  /** @type {Set<net.Socket>} */
  const sockets = new Set();
  const server = net.createServer((node) => {
    const target = net.connect(redis.port, '127.0.0.1');
    for (const [socket, other] of [[node, target], [target, node]]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    const [commands, replies] = [new Commands(), new Replies()];
    node.on('data', (/** @type {Buffer} */ chunk) => {
      for (const words of commands.push(chunk)) {
        const at = messageIn(words);
        if (at !== undefined && at < words.length) words[at] = change(words[at]);
        target.write(written(words));
      }
    });
    target.on('data', (/** @type {Buffer} */ chunk) => node.write(back(replies.push(chunk))));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  owner.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `redis://127.0.0.1:${/** @type {net.AddressInfo} */ (server.address()).port}`;
}

module.exports = { newerVersion, tellsMore, raised, lowered, HEADER, KIND, VERSION };
