// @ts-check
'use strict';

/** Contract section 2, options of the upgrade: HTTP requests, answers and who gets in. */

const http = require('node:http');
const { contract } = require('../helpers/contract');
const { complete, exchange, upgradeRequest } = require('../helpers/raw-http');
const { encodeFrame } = require('../helpers/frames');
const { within } = require('../helpers/timing');

/** @typedef {import('../helpers/context').Context} Context */

/** What the server writes when it refuses an upgrade. */
const refusal = (/** @type {string} */ status, body = status.slice(4)) =>
  `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const ACCEPTED =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/**
 * The answer to one upgrade request, whole.
 *
 * @param {Context} context
 * @param {Record<string, unknown>} options of the server
 * @param {Parameters<typeof upgradeRequest>[0]} [request]
 */
async function answer(context, options, request) {
  const { port } = await context.serve(options);
  const text = await exchange(port, upgradeRequest(request), { done: complete });
  return text.startsWith('HTTP/1.1 101') ? text.slice(0, text.indexOf('\r\n\r\n')) : text;
}

/** @type {[string, Record<string, unknown>, Parameters<typeof upgradeRequest>[0], string][]} */
const ANSWERS = [
  ['an ordinary request', {}, {}, ACCEPTED],
  ['version 8', {}, { headers: { 'Sec-WebSocket-Version': '8' } }, ACCEPTED],
  ['Upgrade in capitals', {}, { headers: { Upgrade: 'WebSocket' } }, ACCEPTED],
  ['Connection with more than Upgrade', {}, { headers: { Connection: 'keep-alive, Upgrade' } }, ACCEPTED],
  ['header names in capitals', {}, { headers: { 'SEC-WEBSOCKET-KEY': 'dGhlIHNhbXBsZSBub25jZQ==' } }, ACCEPTED],
  ['any path without a path option', {}, { path: '/any/path?x=1' }, ACCEPTED],
  ['the path of the path option', { path: '/ws' }, { path: '/ws' }, ACCEPTED],
  ['its path with a query', { path: '/ws' }, { path: '/ws?token=1' }, ACCEPTED],
  ['another path', { path: '/ws' }, { path: '/other' }, refusal('400 Bad Request')],
  ['a path that only begins like it', { path: '/ws' }, { path: '/ws/more' }, refusal('400 Bad Request')],
  ['a path in other letters', { path: '/ws' }, { path: '/WS' }, refusal('400 Bad Request')],
  ['no key', {}, { headers: { 'Sec-WebSocket-Key': null } }, refusal('400 Bad Request')],
  ['POST', {}, { method: 'POST' }, refusal('400 Bad Request')],
  ['Upgrade to something else', {}, { headers: { Upgrade: 'h2c' } }, refusal('400 Bad Request')],
  ['one protocol', {}, { headers: { 'Sec-WebSocket-Protocol': 'chat' } }, `${ACCEPTED}\r\nSec-WebSocket-Protocol: chat`],
  ['several protocols: the first', {}, { headers: { 'Sec-WebSocket-Protocol': 'a, b,c' } }, `${ACCEPTED}\r\nSec-WebSocket-Protocol: a`],
  [
    'handleProtocols chooses',
    { handleProtocols: (/** @type {string[]} */ list) => list[list.length - 1] },
    { headers: { 'Sec-WebSocket-Protocol': 'a, b,c' } },
    `${ACCEPTED}\r\nSec-WebSocket-Protocol: c`
  ],
  ['handleProtocols returns false', { handleProtocols: () => false }, {}, refusal('401 Unauthorized')],
  ['handleProtocols returns an empty string', { handleProtocols: () => '' }, { headers: { 'Sec-WebSocket-Protocol': 'a' } }, ACCEPTED],
  ['handleProtocols returns undefined', { handleProtocols: () => undefined }, { headers: { 'Sec-WebSocket-Protocol': 'a' } }, ACCEPTED],
  ['verifyClient returns true', { verifyClient: () => true }, {}, ACCEPTED],
  ['verifyClient returns something truthy', { verifyClient: (/** @type {any} */ info) => info }, {}, ACCEPTED],
  ['verifyClient returns false', { verifyClient: () => false }, {}, refusal('401 Unauthorized')],
  ['verifyClient returns undefined', { verifyClient: (/** @type {any} */ _info) => undefined }, {}, refusal('401 Unauthorized')],
  ...[
    ['true', [true], ACCEPTED],
    ['true with a code', [true, 500], ACCEPTED],
    ['false', [false], refusal('401 Unauthorized')],
    ['false with a code', [false, 403], refusal('403 Forbidden')],
    ['false with code and message', [false, 404, 'Not here'], refusal('404 Not Found', 'Not here')],
    ['false with code 0', [false, 0], refusal('401 Unauthorized')],
    ['nothing', [], refusal('401 Unauthorized')]
  ].map(
    ([name, args, expected]) =>
      /** @type {any} */ ([
        `verifyClient calls back ${name}`,
        { verifyClient: (/** @type {any} */ _info, /** @type {any} */ callback) => callback(...args) },
        {},
        expected
      ])
  ),
  [
    'verifyClient calls back later',
    { verifyClient: (/** @type {any} */ _info, /** @type {any} */ callback) => setTimeout(callback, 10, true) },
    {},
    ACCEPTED
  ],
  [
    'verifyClient refuses later',
    { verifyClient: (/** @type {any} */ _info, /** @type {any} */ callback) => setTimeout(callback, 10, false, 429) },
    {},
    refusal('429 Too Many Requests')
  ],
  [
    'a compression offer that is switched off',
    { perMessageDeflate: false },
    { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' } },
    ACCEPTED
  ],
  ['an unknown extension', {}, { headers: { 'Sec-WebSocket-Extensions': 'x-unknown; a=1' } }, ACCEPTED]
];

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  ...ANSWERS.map(([name, options, request, expected]) => ({
    name: `answer to ${name}`,
    run: (/** @type {Context} */ context) => answer(context, options, request),
    expected
  })),
  ...[['no version', null], ['version 12', '12'], ['a version that is no number', 'x']].map(([name, version]) => ({
    name: `answer to ${name}`,
    run: (/** @type {Context} */ context) => answer(context, {}, { headers: { 'Sec-WebSocket-Version': version } }),
    original: refusal('400 Bad Request'),
    ours:
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nSec-WebSocket-Version: 13, 8\r\n' +
      'Content-Length: 11\r\nContent-type: text/html\r\n\r\nBad Request'
  })),
  ...['GET', 'POST', 'HEAD'].map((method) => ({
    name: `a plain ${method} is answered 426`,
    run: async (/** @type {Context} */ context) => {
      const { port } = await context.serve();
      const text = await exchange(port, `${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      const [head, body] = text.split('\r\n\r\n');
      const [status, ...headers] = head.split('\r\n');
      return { status, headers: headers.filter((line) => /^content/i.test(line)), body };
    },
    expected: {
      status: 'HTTP/1.1 426 Upgrade Required',
      headers: ['Content-Length: 16', 'Content-Type: text/plain'],
      body: method === 'HEAD' ? '' : 'Upgrade Required'
    }
  })),
  {
    name: 'the connection of a refused upgrade is closed',
    run: async (context) => {
      const { port } = await context.serve({ verifyClient: () => false });
      return exchange(port, upgradeRequest());
    },
    expected: refusal('401 Unauthorized')
  },
  {
    name: 'handleProtocols gets the list as it was sent, one empty name without any',
    run: async (context) => {
      /** @type {any[]} */
      const seen = [];
      const { port } = await context.serve({
        handleProtocols: (/** @type {any} */ list) => {
          seen.push(list);
          return list[0];
        }
      });
      for (const value of [null, 'a', 'a, b,c', ' a ,b']) {
        await context.open(port, { headers: { 'Sec-WebSocket-Protocol': value } });
      }
      return seen;
    },
    expected: [[''], ['a'], ['a', 'b', 'c'], ['a ', 'b']]
  },
  {
    name: 'verifyClient gets origin, secure and the request',
    run: async (context) => {
      /** @type {any[]} */
      const seen = [];
      const { port } = await context.serve({
        verifyClient: (/** @type {any} */ info) => {
          const { origin, secure, req } = info;
          seen.push(Object.keys(info).sort(), origin, secure, req.method, req.url, req.headers['x-token'], req.headers.host);
          seen.push(req.connection.remoteAddress);
          return true;
        }
      });
      await context.open(port, { path: '/a?b=c', headers: { Origin: 'http://o', 'X-Token': 't' } });
      return seen;
    },
    expected: [['origin', 'req', 'secure'], 'http://o', false, 'GET', '/a?b=c', 't', 'localhost', '127.0.0.1']
  },
  {
    name: 'the origin of version 8 is Sec-WebSocket-Origin',
    run: async (context) => {
      /** @type {any[]} */
      const seen = [];
      const { port } = await context.serve({ verifyClient: (/** @type {any} */ info) => seen.push(info.origin) });
      await context.open(port, { headers: { 'Sec-WebSocket-Version': '8', Origin: 'x', 'Sec-WebSocket-Origin': 'http://o' } });
      await context.open(port);
      return seen;
    },
    expected: ['http://o', undefined]
  },
  {
    name: 'the path is checked first, then handleProtocols, then verifyClient',
    run: async (context) => {
      /** @type {string[]} */
      const log = [];
      const options = {
        path: '/ws',
        handleProtocols: () => log.push('protocols') && 'chosen',
        verifyClient: () => log.push('verify') > 0
      };
      const { port } = await context.serve(options);
      await exchange(port, upgradeRequest({ path: '/no' }));
      await exchange(port, upgradeRequest({ path: '/ws' }), { done: complete });
      return log;
    },
    expected: ['protocols', 'verify']
  },
  {
    name: 'the headers event may read and add lines',
    run: async (context) => {
      /** @type {any[]} */
      const seen = [];
      const { port } = await context.serve({}, (server) => {
        server.on('headers', (/** @type {string[]} */ headers) => {
          seen.push([...headers]);
          headers.push('X-Served-By: tests');
        });
      });
      const client = await context.open(port);
      return { seen, head: client.head };
    },
    expected: { seen: [ACCEPTED.split('\r\n')], head: `${ACCEPTED}\r\nX-Served-By: tests` }
  },
  {
    name: 'the headers event does not come for a refused upgrade',
    run: async (context) => {
      let events = 0;
      const { port } = await context.serve({ path: '/ws' }, (server) => server.on('headers', () => events++));
      await exchange(port, upgradeRequest());
      return events;
    },
    expected: 0
  },
  {
    name: 'connection.socket.upgradeReq is the request',
    run: async (context) => {
      const { server, port } = await context.serve();
      const connected = new Promise((resolve) => server.once('connection', resolve));
      const client = await context.open(port, { path: '/path?q=1', headers: { Cookie: 'a=b', 'X-Twice': '1, 2' } });
      await client.handshake();
      const { upgradeReq } = /** @type {any} */ (await within(connected, 'connection')).socket;
      const { url, method, headers, connection } = upgradeReq;
      return [url, method, headers.cookie, headers['x-twice'], headers.upgrade, connection.remoteAddress];
    },
    expected: ['/path?q=1', 'GET', 'a=b', '1, 2', 'websocket', '127.0.0.1']
  },
  {
    name: 'frames that come together with the request are read',
    run: async (context) => {
      const { port } = await context.serve();
      const client = await context.open(port, { head: encodeFrame({ payload: '{"n":"_p","i":"1"}' }) });
      return (await client.message()).text;
    },
    expected: '{"n":"_r","p":"pong","i":"1","e":null}'
  },
  {
    name: 'a given http server keeps its own requests',
    run: async (context) => {
      const web = http.createServer((request, response) => response.end(`web ${request.url}`));
      context.defer(() => new Promise((resolve) => web.close(resolve)));
      await new Promise((resolve) => web.listen(0, '127.0.0.1', () => resolve(undefined)));
      const server = context.track(new context.Server({ server: web, path: '/ws' }));
      await server.start();
      const { port } = /** @type {import('node:net').AddressInfo} */ (web.address());
      const page = await exchange(port, 'GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      const client = await context.open(port, { path: '/ws' });
      const { message } = await client.handshake();
      const refused = await exchange(port, upgradeRequest({ path: '/other' }));
      return [page.slice(page.indexOf('\r\n\r\n') + 4), message.e, refused];
    },
    expected: ['web /page', null, refusal('400 Bad Request')]
  },
  {
    name: 'noServer: handleUpgrade takes an upgrade of any http server',
    run: async (context) => {
      const web = http.createServer();
      context.defer(() => new Promise((resolve) => web.close(resolve)));
      await new Promise((resolve) => web.listen(0, '127.0.0.1', () => resolve(undefined)));
      const server = context.track(new context.Server({ noServer: true }));
      await server.start();
      web.on('upgrade', (request, socket, head) => {
        server.server.handleUpgrade(request, socket, head, (/** @type {any} */ client) => {
          server.server.emit('connection', client);
        });
      });
      const { port } = /** @type {import('node:net').AddressInfo} */ (web.address());
      const { client, connection } = await context.connect({ server, port });
      connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
      return [(await client.request('ask', 'via noServer')).message.p, connection.socket.upgradeReq.url];
    },
    expected: ['via noServer', '/']
  }
];

contract('upgrade', cases);
