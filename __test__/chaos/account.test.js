// @ts-check
'use strict';

/** The account that the chaos keeps of cuts: who ended a connection is known, whenever that happens. */

const { afterEach, beforeEach, describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { until, within } = require('../helpers/timing');
const { POPULATION } = require('./behaviours');
const { ClientPeer } = require('./client-peer');
const { Random } = require('./plan');
const { Link } = require('./proxy');
const { Ended } = require('./raw-peer');
const { Serving } = require('./serving');

/** @type {import('./plan').Plan} */
const PLAN = {
  seed: 1, way: 'port', ending: 'stop', inWorker: false, ioThreads: 1, deflate: false, hasRates: false, seconds: 1, renewal: 1e6,
  floods: [], network: { pieces: 1, delay: 0, cuts: 0 },
};

/** Always the least: one request at a time, and the next after 5 ms. */
class Least extends Random {
  fraction() {
    return 0;
  }
}

/** How often the behaviour asks whether it is over between two checks of the connection: each time it begins anew, and before each burst. */
const CHECKS = 21;

/** @type {Serving} */
let serving;
/** @type {Link} */
let link;
/** @type {string[]} */
let faults;
let isOver = false;
/** The server has. */
let hasEnded = false;
/** @type {ClientPeer | undefined} */
let connected;
/** @type {any} */
let visit;

beforeEach(async () => {
  serving = new Serving(PLAN, new Float64Array(1), () => {});
  faults = [];
  isOver = hasEnded = false;
  const target = await serving.start();
  link = new Link(target, PLAN.network, new Random(1));
  visit = {
    plan: PLAN, link, key: 'visit', target, port: await link.open(), random: new Least(1),
    isOver: () => isOver,
    fault: (/** @type {string} */ text) => faults.push(text),
    count: { answers: 0, heard: 0 },
  };
});

afterEach(async () => {
  isOver = true;
  await connected?.client.dispose();
  connected = undefined;
  link.close();
  if (!hasEnded) await serving.end();
});

/** @param {ClientPeer} peer */
async function connect(peer) {
  connected = peer;
  peer.client.connect();
  await until(() => peer.client.state === 'connected', 'connected');
}

describe('the account of the chaos', () => {
  it('knows of a cut at any moment between two requests', async () => {
    const [reconnect] = POPULATION.find(([{ name }]) => name === 'reconnect') ?? assert.fail();
    let checks = 0;
    let passages = 0;
    visit.isOver = () => {
      if (link.passages.length !== passages) {
        passages = link.passages.length;
        checks = 0;
      }
      checks += 1;
      // The first checks are made before it is connected. The client learns of the cut only after its next request.
      if (checks === CHECKS + (passages % 4) && !isOver) link.cutLast(passages % 8 < 4);
      return isOver;
    };
    const visiting = reconnect(visit);
    await until(() => link.cuts >= 8, 'cut');
    isOver = true;
    await within(visiting, 'end of the visit');
    assert.deepEqual(faults, []);
  });

  it('excuses a request that left by a connection that was cut, and no other', async () => {
    const peer = new ClientPeer(visit);
    await connect(peer);
    const first = peer.ask(1);
    link.cutLast(true);
    await assert.rejects(first, Ended);
    await until(() => peer.client.state === 'connected' && link.passages.length === 2, 'connected again');
    const second = peer.ask(2);
    peer.client.disconnect(4001, 'by the client itself');
    await assert.rejects(second, (/** @type {Error} */ error) => {
      assert.ok(!(error instanceof Ended));
      assert.match(error.message, /^ask was rejected after [\d.]+ ms: cDisconnected/);
      assert.match(error.message, /connection 1, opened [\d.]+ ms ago: .*reset by the proxy at [\d.]+ ms, .*the client was told 1006 ""/);
      assert.match(error.message, /it left by connection 2, opened/);
      return true;
    });
    await until(() => faults.length > 0, 'reported');
    assert.match(faults.join(), /^the client: a connection ended that nobody has cut: connection 2, .*the client was told 4001 "by the client itself"/);
  });

  it('does not take the end of a connection by the server for a cut that comes after it', async () => {
    const peer = new ClientPeer(visit);
    await connect(peer);
    const [passage] = link.passages;
    hasEnded = true;
    await serving.end();
    await until(() => passage.endedAt < Infinity, 'ended by the server');
    link.cutLast(false);
    await until(() => faults.length > 0, 'reported');
    assert.equal(passage.isCut, false);
    assert.match(faults[0], /nobody has cut: connection 1, .*the server ended at/);
  });
});
