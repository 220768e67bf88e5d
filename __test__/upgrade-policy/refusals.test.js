// @ts-check
'use strict';

/** What a client that is not let in is told. Asked by curl. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { curl, HAS_CURL } = require('./curl');

const ORIGINS = ['https://example.com'];

/**
 * Status, body, and what else the answer says, by the options of the server and the request.
 * @type {[name: string, options: object, request: Parameters<typeof curl>[1], status: number, body: string,
 *   headers?: Record<string, string>][]}
 */
const REFUSALS = [
  ['no upgrade', {}, { upgrade: false }, 426, 'Upgrade Required', { upgrade: 'websocket', 'sec-websocket-version': '13, 8' }],
  ['HEAD', {}, { upgrade: false, args: ['--head'] }, 426, '', { upgrade: 'websocket' }],
  ['a form', {}, { upgrade: false, args: ['-d', 'a=b'] }, 426, 'Upgrade Required'],
  [
    'another version',
    {},
    { headers: { 'Sec-WebSocket-Version': '14' } },
    400,
    'Bad Request',
    { 'sec-websocket-version': '13, 8' },
  ],
  ['no key', {}, { headers: { 'Sec-WebSocket-Key': '' } }, 400, 'Bad Request'],
  ['another path', { path: '/ws' }, {}, 400, 'Bad Request'],
  [
    'another origin',
    { allowedOrigins: ORIGINS },
    { headers: { Origin: 'https://evil.example' } },
    403,
    'Pages of this origin may not connect',
  ],
  ['no origin', { requireOrigin: true }, {}, 403, 'The request must have an Origin'],
  [
    'no common subprotocol',
    { protocols: ['v2', 'v1'] },
    { headers: { 'Sec-WebSocket-Protocol': 'v3' } },
    400,
    'None of the subprotocols offered is spoken here',
  ],
  ['verifyClient', { verifyClient: () => false }, {}, 401, 'Unauthorized'],
  [
    'verifyClient, with a status and a text',
    { verifyClient: (/** @type {any} */ _info, /** @type {any} */ done) => done(false, 404, 'No such room') },
    {},
    404,
    'No such room',
  ],
  [
    'verifyClient, with status 503',
    { verifyClient: (/** @type {any} */ _info, /** @type {any} */ done) => done(false, 503) },
    {},
    503,
    'Service Unavailable',
  ],
  ['headers too long', {}, { headers: { Cookie: 'x'.repeat(17000) } }, 431, 'Request Header Fields Too Large'],
];

describe('refused upgrades', { skip: HAS_CURL ? false : 'needs curl' }, () => {
  for (const [name, options, request, status, body, headers = {}] of REFUSALS) {
    it(`${name}: ${status}`, withScene(async (scene) => {
      const { port } = await scene.listen(options);
      const answer = await curl(`http://127.0.0.1:${port}/`, request);
      assert.equal(answer.status, status);
      assert.equal(answer.body, body);
      assert.match(answer.headers.connection, /^close/);
      assert.match(answer.headers['content-type'], /^text\//);
      if (body) assert.equal(answer.headers['content-length'], String(body.length));
      for (const [header, value] of Object.entries(headers)) assert.equal(answer.headers[header], value, header);
    }));
  }

  it('a server that stops: 503 for those that still wait', withScene(async (scene) => {
    /** @type {() => void} */
    let asked = () => {};
    const waiting = new Promise((resolve) => (asked = () => resolve(undefined)));
    const { server, port } = await scene.listen({ verifyClient: (/** @type {any} */ _info, /** @type {any} */ _done) => asked() });
    // Whether the answer still gets out depends on what ends first. Without one curl may end before the server has stopped.
    const answer = curl(`http://127.0.0.1:${port}/`).catch(() => ({ status: 503 }));
    await waiting;
    await server.stop();
    assert.equal((await answer).status, 503);
    assert.equal(server.getStats().refused.stopping, 1);
  }));
});

describe('a flood of refused upgrades', () => {
  it('is kept from the JavaScript thread, also when the application wants to be asked', withScene(async (scene) => {
    let asked = 0;
    const { port } = await scene.listen({
      allowedOrigins: ORIGINS,
      verifyClient: () => {
        asked += 1;
        return true;
      },
    });
    const open = (/** @type {string} */ Origin) => scene.open(port, { headers: { Origin } });
    const refused = await Promise.allSettled(Array.from({ length: 50 }, () => open('https://evil.example')));
    assert.deepEqual(new Set(refused.map((result) => /** @type {any} */ (result).reason?.status)), new Set([403]));
    assert.equal(asked, 0);
    await open(ORIGINS[0]);
    assert.equal(asked, 1);
  }));
});
