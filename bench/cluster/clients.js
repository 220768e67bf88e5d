// @ts-check
'use strict';

/** Clients of both protocols. */

const { LightSocket } = require('./socket');

/** Longest wait for an answer, in ms. */
const PATIENCE = 120_000;

/** A client that can be in rooms, gets messages `m` and answers `ask`. */
class Client {
  /** Called with the payload of each message. @type {(payload: any) => void} */
  onMessage = () => {};
  /** Called instead, where payloads do not matter: with the text of each message. @type {((frame: Buffer) => void) | undefined} */
  onRaw = undefined;
  /** @type {(value: unknown) => void} */
  answered = () => {};

  /**
   * @param {number} port
   * @param {string} path
   */
  constructor(port, path) {
    this.socket = new LightSocket(port, path);
    this.socket.onText = (frame) => this.take(frame);
  }

  /**
   * @param {Buffer} _frame
   */
  take(_frame) {
    throw new Error('abstract');
  }

  /**
   * Waits for the answer to what is sent.
   * @param {string} [text]
   * @returns {Promise<any>}
   */
  exchange(text) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${text ?? 'a connection'}`)), PATIENCE);
      this.answered = (value) => {
        clearTimeout(timer);
        resolve(value);
      };
      this.socket.socket.once('close', () => {
        clearTimeout(timer);
        reject(new Error(`connection closed instead of an answer to ${text ?? 'a connection'}`));
      });
      if (text !== undefined) this.socket.send(text);
    });
  }

  close() {
    this.socket.destroy();
  }
}

class LineClient extends Client {
  /** What it brings when it comes back. @type {Record<string, string>} */
  positions = {};

  /**
   * @param {number} port
   * @param {LineClient['positions']} [positions]
   */
  constructor(port, positions = {}) {
    super(port, '/');
    // A copy: several clients may be given the same.
    this.positions = { ...positions };
  }

  open() {
    return this.exchange(`{"n":"_h","i":"h","o":${JSON.stringify(this.positions)}}`);
  }

  /** @param {string} room */
  join(room) {
    return this.exchange(JSON.stringify({ n: 'join', p: room, i: 'j' }));
  }

  /** @param {Buffer} frame */
  take(frame) {
    // `{"n":"m",`: all others are rare.
    if (this.onRaw !== undefined && frame[6] === 109 && frame[7] === 34) return this.onRaw(frame);
    const { n, p, i, r, o } = JSON.parse(frame.toString());
    if (r !== undefined && o) this.positions[r] = o;
    if (n === 'm') this.onMessage(p);
    else if (n === '_r') this.answered(p);
    else if (n === 'ask') this.socket.send(`{"n":"_r","p":1,"i":${JSON.stringify(i)},"e":null}`);
    else if (n === '_p') this.socket.send(`{"n":"_r","p":"pong","i":${JSON.stringify(i)},"e":null}`);
  }
}

class SocketIoClient extends Client {
  /** What it brings when it comes back. @type {{pid?: string, offset?: string}} */
  positions = {};
  wasRecovered = false;

  /**
   * @param {number} port
   * @param {SocketIoClient['positions']} [positions]
   */
  constructor(port, positions = {}) {
    super(port, '/socket.io/?EIO=4&transport=websocket');
    this.positions = positions;
  }

  open() {
    return this.exchange();
  }

  /** @param {string} room */
  join(room) {
    return this.exchange(`420${JSON.stringify(['join', room])}`);
  }

  /** @param {Buffer} frame */
  take(frame) {
    // `42["m",`
    if (this.onRaw !== undefined && frame[2] === 91 && frame[4] === 109) return this.onRaw(frame);
    const text = frame.toString();
    if (text.startsWith('42[')) {
      const [name, payload, offset] = JSON.parse(text.slice(2));
      if (offset !== undefined) this.positions.offset = offset;
      if (name === 'm') this.onMessage(payload);
    } else if (text.startsWith('43')) {
      this.answered(undefined);
    } else if (text.startsWith('42')) {
      const [, id] = /** @type {RegExpExecArray} */ (/^42(\d+)\[/.exec(text));
      this.socket.send(`43${id}[1]`);
    } else if (text.startsWith('40')) {
      const { pid } = JSON.parse(text.slice(2));
      this.wasRecovered = pid !== undefined && pid === this.positions.pid;
      this.positions.pid = pid;
      this.answered(undefined);
    } else if (text.startsWith('0')) {
      const { pid, offset } = this.positions;
      this.socket.send(offset === undefined ? '40' : `40${JSON.stringify({ pid, offset })}`);
    } else if (text === '2') {
      this.socket.send('3');
    }
  }
}

/**
 * Opens clients, some at a time.
 * @param {import('./peers').Peer} peer
 * @param {{port: number}[]} nodes They are shared out among these, in turn.
 * @param {number} count
 * @param {(client: LineClient | SocketIoClient, index: number) => Promise<unknown>} [then] With each.
 * @returns {Promise<(LineClient | SocketIoClient)[]>}
 */
async function openClients({ protocol }, nodes, count, then = async () => {}) {
  const Class = protocol === 'line' ? LineClient : SocketIoClient;
  /** @type {(LineClient | SocketIoClient)[]} */
  const clients = [];
  const batch = 50;
  for (let from = 0; from < count; from += batch) {
    await Promise.all(Array.from({ length: Math.min(batch, count - from) }, async (_, at) => {
      const client = new Class(nodes[(from + at) % nodes.length].port);
      clients[from + at] = client;
      await client.open();
      await then(client, from + at);
    }));
  }
  return clients;
}

module.exports = { LineClient, SocketIoClient, openClients };
