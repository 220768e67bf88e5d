// @ts-check
'use strict';

/** What honest clients do on a visit to the server, through a link of their own. */

const http = require('node:http');
const https = require('node:https');
const { once } = require('node:events');
const { TRUST } = require('../helpers/tls');
const { delay, until, within } = require('../helpers/timing');
const { ClientPeer } = require('./client-peer');
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

/**
 * How often the server is asked what has come while answers are awaited, in ms: a round ends before the time for an
 * answer does, and from then on any connection may end with what it had lost.
 */
const PROBE_INTERVAL = 500;

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
 * @param {Pick<RawPeer, 'ask' | 'note' | 'refuse' | 'question' | 'tally'>} peer
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
  const settled = Promise.allSettled(all);
  const probe = setInterval(() => peer.tally().catch(() => {}), PROBE_INTERVAL);
  const results = await settled;
  clearInterval(probe);
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

/** The client of this package, which connects again when it is cut. @param {Visit} visit */
async function reconnect(visit) {
  const { random, isOver, fault, count } = visit;
  const peer = new ClientPeer(visit);
  const { client } = peer;
  client.connect();
  try {
    while (!isOver()) {
      try {
        await until(() => client.state === 'connected' || isOver(), 'connected', ANSWER_TIME);
        for (let left = 20; left > 0 && !isOver(); left--) {
          await burst(visit, peer);
          if (random.chance(0.2)) await peer.tally();
          await delay(5 + random.below(30));
        }
      } catch (error) {
        // The peer knows by which cut, or that the server ends.
        if (!(error instanceof Ended)) fault(`the client: ${/** @type {Error} */ (error).stack}`);
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
