// @ts-check
'use strict';

/** What honest clients do on a visit to the server, through a link of their own. */

const http = require('node:http');
const https = require('node:https');
const { once } = require('node:events');
const Client = require('../../client/node.js');
const { TRUST } = require('../helpers/tls');
const { delay, until, within } = require('../helpers/timing');
const { ANSWER_TIME, ROOMS, isEncrypted } = require('./plan');
const { Ended, RawPeer } = require('./raw-peer');

/**
 * One visit.
 * @typedef {object} Visit
 * @property {import('./plan').Plan} plan
 * @property {import('./proxy').Link} link
 * @property {number} port Of the link.
 * @property {number} target Of the server.
 * @property {string} key Of no other visit.
 * @property {import('./plan').Random} random
 * @property {() => boolean} isOver The server is about to end, or has ended.
 * @property {(text: string) => void} fault
 * @property {Record<string, number>} count What is counted of all visits.
 * @property {(account: object) => void} settle Says what the server must have counted in all.
 */

/** Close code of a server that drains. */
const GOING_AWAY = 1001;

/** Time until another try after a connection was lost, in ms. */
const RETRY = 20;

/** @param {Visit} visit */
function anyData({ random }) {
  return random.pick([
    () => null,
    () => random.below(1e9),
    () => 'x'.repeat(random.below(300)),
    () => 'ä€😀\\"\n'.repeat(random.below(50)),
    () => Array.from({ length: random.below(30) }, (_, index) => ({ index, flag: index % 2 === 0 })),
    () => 'y'.repeat(random.below(20000)),
  ])();
}

/**
 * A burst of everything that expects an answer, until every answer has come.
 * @param {Visit} visit
 * @param {Pick<RawPeer, 'ask' | 'note' | 'refuse' | 'question'>} peer
 */
async function burst(visit, peer) {
  const { random, count } = visit;
  /** @type {Promise<unknown>[]} */
  const all = [];
  for (let left = 1 + random.below(8); left > 0; left--) {
    const kind = random.below(10);
    if (kind < 6) all.push(peer.ask(anyData(visit)));
    else if (kind < 8) peer.note();
    else if (kind < 9) all.push(peer.refuse());
    else all.push(peer.question(random.below(1000), random.below(1000)));
  }
  // All of them: one that was rejected must not hide what becomes of the others.
  const results = await Promise.allSettled(all);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  count.answers += all.length;
}

/** @param {Visit} visit */
async function enter({ port, plan, key, fault }) {
  const peer = await RawPeer.open(port, isEncrypted(plan), fault);
  await peer.shakeHands(key);
  return peer;
}

/** Asks in bursts; closes in the end, or asks on until the connection ends. @param {Visit} visit */
async function ask(visit) {
  const { random, isOver, link, settle, fault, count } = visit;
  const peer = await enter(visit);
  const isOrderly = random.chance(0.5);
  try {
    await peer.request('join', random.pick(ROOMS));
    for (let left = 5 + random.below(40); left > 0 && !(isOrderly && isOver()); left--) {
      await burst(visit, peer);
      if (random.chance(0.2)) await peer.tally();
      await delay(5 + random.below(30));
    }
    await peer.tally();
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    const { code } = await peer.client.ended;
    // The server has drained: it closes a connection when every request that had come is answered.
    if (code === GOING_AWAY && link.cuts === 0) settle({ answered: peer.account.answered });
    throw error;
  }
  peer.client.close(1000);
  const { code } = await peer.client.closed(ANSWER_TIME);
  count.heard += peer.heard;
  if (link.cuts > 0 || isOver()) return;
  if (code !== 1000) fault(`a connection that was closed with 1000 ended with ${code}`);
  settle(peer.account);
}

/** Listens until the server ends, whose last broadcast it must get. @param {Visit} visit */
async function listen(visit) {
  const { plan, link, fault, count } = visit;
  const peer = await enter(visit);
  const hasEnteredBefore = !visit.isOver();
  await peer.client.ended;
  count.heard += peer.heard;
  const isTold = plan.ending !== 'terminate' && hasEnteredBefore && link.cuts === 0 && visit.isOver();
  if (isTold && !peer.hasLast) fault('what was broadcast before stop() has not come');
  if (link.cuts === 0 && !visit.isOver()) fault(`a connection of a listener ended: ${JSON.stringify(await peer.client.ended)}`);
}

/** Comes and goes without a word. @param {Visit} visit */
async function hurry(visit) {
  const { random } = visit;
  const peer = await enter(visit);
  peer.note();
  const asked = peer.ask(1);
  // Node has no reset of an encrypted connection.
  const reset = () => (isEncrypted(visit.plan) ? peer.client.destroy() : peer.client.reset());
  random.pick([reset, () => peer.client.end(), () => peer.client.close(4000)])();
  await asked.catch(() => {});
  await peer.client.closed(ANSWER_TIME);
  await delay(10 + random.below(30));
}

/** What {@link burst} needs, with the client of this package. */
class ClientPeer {
  #next = 0;
  #asked = 0;
  #noted = 0;
  /** Number of the last message of each source. @type {Map<string, number>} */
  #last = new Map();
  heard = 0;

  /** @param {any} client @param {(text: string) => void} fault */
  constructor(client, fault) {
    this.client = client;
    this.fault = fault;
    client.on('sum', (/** @type {any} */ message) => message.resolve(message.payload[0] + message.payload[1]));
    client.on('news', (/** @type {any} */ message) => this.#follow('news', message.payload));
    client.on('said', (/** @type {any} */ { payload: [room, number] }) => this.#follow(room, number));
    // The server counts anew for each connection.
    client.on('_connected', () => {
      this.#next = this.#asked = this.#noted = 0;
      this.#last.clear();
    });
  }

  /** @param {string} source @param {number} number */
  #follow(source, number) {
    const last = this.#last.get(source);
    if (last !== undefined && number !== last + 1) this.fault(`the client: ${source}: ${number} after ${last}`);
    this.#last.set(source, number);
    this.heard += 1;
  }

  /** @param {string} name @param {unknown} [payload] */
  #send(name, payload) {
    return this.client.send(name, payload, ANSWER_TIME);
  }

  /** @param {unknown} data */
  async ask(data) {
    if (this.client.state !== 'connected') return;
    const payload = { number: this.#next++, data };
    this.#asked += 1;
    const answer = String(JSON.stringify(await this.#send('ask', payload)));
    if (answer !== JSON.stringify(payload)) this.fault(`the client: a request was answered with ${answer.slice(0, 200)}`);
  }

  note() {
    if (this.client.state !== 'connected') return;
    this.#noted += 1;
    this.client.sendWithoutResponse('note', this.#next++).catch(() => {});
  }

  async refuse() {
    const error = await this.#send('refuse', 'as asked').then(() => undefined, (/** @type {any} */ rejected) => rejected);
    if (error?.code === 'cMessageRejected' && error.payload.message === 'as asked') return;
    if (error?.code === 'cDisconnected') throw error;
    this.fault(`the client: a refusal came as ${error?.code} ${error?.message}`);
  }

  /** @param {number} a @param {number} b */
  async question(a, b) {
    const sum = await this.#send('question', [a, b]);
    if (sum !== a + b) this.fault(`the client: ${a} + ${b} came back as ${sum}`);
  }

  async tally() {
    const expected = [this.#asked, this.#noted];
    const came = await this.#send('tally');
    if (String(came) !== String(expected)) this.fault(`the client sent ${expected} requests and messages, ${came} have come`);
  }
}

/** The client of this package, which connects again when it is cut. @param {Visit} visit */
async function reconnect(visit) {
  const { plan, port, key, random, isOver, link, fault, count } = visit;
  const client = new Client(`${isEncrypted(plan) ? 'wss' : 'ws'}://127.0.0.1:${port}`, {
    handshake: { payload: { key }, timeout: ANSWER_TIME },
    reconnectOptions: { initialDelay: 20, maxDelay: 100 },
  });
  const peer = new ClientPeer(client, fault);
  client.on('_error', () => {});
  client.connect();
  try {
    while (!isOver()) {
      const cuts = link.cuts;
      const isExcused = () => link.cuts !== cuts || isOver();
      try {
        await until(() => client.state === 'connected' || isOver(), 'connected', ANSWER_TIME);
        for (let left = 20; left > 0 && !isOver(); left--) {
          await burst(visit, peer);
          if (random.chance(0.2)) await peer.tally();
          await delay(5 + random.below(30));
        }
      } catch (error) {
        // The cut may be known here a moment later than its effect.
        if (!isExcused()) fault(`the client: ${/** @type {any} */ (error).code ?? ''} ${/** @type {Error} */ (error).stack}`);
        await delay(RETRY);
      }
    }
  } finally {
    count.heard += peer.heard;
    await within(client.dispose(), 'end of the client\'s dispose()', ANSWER_TIME);
  }
}

/** Asks the HTTP server beside the line server. @param {Visit} visit */
async function browse(visit) {
  const { plan, target, count } = visit;
  await delay(20);
  if (plan.way === 'port' || plan.way === 'tls') return;
  const [{ get }, options] = plan.way === 'https' ? [https, TRUST] : [http, {}];
  const request = get({ port: target, host: '127.0.0.1', agent: false, ...options });
  const [response] = await within(once(request, 'response'), 'response of the HTTP server', ANSWER_TIME);
  let text = '';
  for await (const chunk of response) text += chunk;
  if (text !== 'served') visit.fault(`the HTTP server answered ${response.statusCode} ${text}`);
  count.pages += 1;
}

/** How many clients behave in which way at any time. @type {[behaviour: (visit: Visit) => Promise<void>, clients: number][]} */
const POPULATION = [
  [ask, 8],
  [listen, 4],
  [hurry, 2],
  [reconnect, 3],
  [browse, 1],
];

module.exports = { POPULATION };
