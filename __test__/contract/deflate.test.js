// @ts-check
'use strict';

/** Contract section 2: what `perMessageDeflate` makes of a client's offers (RFC 7692). */

const { contract } = require('../helpers/contract');
const { complete, exchange, upgradeRequest } = require('../helpers/raw-http');
const { within } = require('../helpers/timing');

/** @typedef {import('../helpers/context').Context} Context */

/** Context takeover in both directions: the original's default, and ours when asked for. */
const TAKEOVER = { serverNoContextTakeover: false, clientNoContextTakeover: false };
const NO_TAKEOVER = { serverNoContextTakeover: true, clientNoContextTakeover: true };
const STANDALONE = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request';

/**
 * What the server agrees to; the status line of a refusal; null when it agrees to nothing.
 *
 * @param {Context} context
 * @param {unknown} perMessageDeflate
 * @param {string} offer
 */
async function answer(context, perMessageDeflate, offer) {
  const { port } = await context.serve(perMessageDeflate === undefined ? {} : { perMessageDeflate });
  const headers = { 'Sec-WebSocket-Extensions': offer };
  const lines = (await exchange(port, upgradeRequest({ headers }), { done: complete })).split('\r\n');
  if (!lines[0].startsWith('HTTP/1.1 101')) return lines[0];
  const name = 'Sec-WebSocket-Extensions: ';
  return lines.find((line) => line.startsWith(name))?.slice(name.length) ?? null;
}

/** Options, offer, and what both agree to. @type {[unknown, string, string | null][]} */
const SAME = [
  [false, 'permessage-deflate', null],
  [true, 'x-webkit-deflate-frame', null],
  [true, '', null],
  [TAKEOVER, 'permessage-deflate', 'permessage-deflate'],
  [TAKEOVER, 'permessage-deflate; client_max_window_bits', 'permessage-deflate'],
  [TAKEOVER, 'permessage-deflate; client_no_context_takeover', 'permessage-deflate'],
  [TAKEOVER, 'permessage-deflate; server_max_window_bits=10', 'permessage-deflate; server_max_window_bits=10'],
  [TAKEOVER, 'permessage-deflate; server_max_window_bits="10"', 'permessage-deflate; server_max_window_bits=10'],
  [TAKEOVER, 'permessage-deflate; client_max_window_bits=8', 'permessage-deflate; client_max_window_bits=8'],
  [TAKEOVER, 'x-other; a=1, permessage-deflate', 'permessage-deflate'],
  [NO_TAKEOVER, 'permessage-deflate', STANDALONE],
  [NO_TAKEOVER, STANDALONE, STANDALONE],
  [
    { ...NO_TAKEOVER, serverMaxWindowBits: 12, clientMaxWindowBits: 11 },
    'permessage-deflate; client_max_window_bits',
    `${STANDALONE}; server_max_window_bits=12; client_max_window_bits=11`,
  ],
  [{ ...NO_TAKEOVER, serverMaxWindowBits: 12 }, 'permessage-deflate; server_max_window_bits=15', `${STANDALONE}; server_max_window_bits=12`],
  [{ ...NO_TAKEOVER, clientMaxWindowBits: false }, 'permessage-deflate; client_max_window_bits=9', STANDALONE],
  [
    { ...NO_TAKEOVER, serverMaxWindowBits: false },
    'permessage-deflate; server_max_window_bits=9, permessage-deflate',
    STANDALONE,
  ],
];

/** Options, offer, what the original answers, and what ours does. @type {[unknown, string, string | null, string | null][]} */
const DIFFERENT = [
  // Off by default, and without context takeover.
  [undefined, 'permessage-deflate', 'permessage-deflate', null],
  [true, 'permessage-deflate', 'permessage-deflate', STANDALONE],
  // What cannot be agreed to is declined, and the next offer looked at.
  [TAKEOVER, 'permessage-deflate; unknown', BAD_REQUEST, null],
  [TAKEOVER, 'permessage-deflate; unknown, permessage-deflate', BAD_REQUEST, 'permessage-deflate'],
  [TAKEOVER, 'permessage-deflate; server_max_window_bits=16', BAD_REQUEST, null],
  [TAKEOVER, 'permessage-deflate; server_max_window_bits', 'permessage-deflate', null],
  [{ serverMaxWindowBits: false }, 'permessage-deflate; server_max_window_bits=9', BAD_REQUEST, null],
  [{ clientMaxWindowBits: 9 }, 'permessage-deflate', BAD_REQUEST, null],
  // A client that wants no context takeover gets none, and nobody a larger window than they want.
  [
    TAKEOVER,
    'permessage-deflate; server_no_context_takeover',
    BAD_REQUEST,
    'permessage-deflate; server_no_context_takeover',
  ],
  [
    { ...NO_TAKEOVER, serverMaxWindowBits: 12 },
    'permessage-deflate; server_max_window_bits=9',
    BAD_REQUEST,
    `${STANDALONE}; server_max_window_bits=9`,
  ],
  [
    { ...NO_TAKEOVER, clientMaxWindowBits: 12 },
    'permessage-deflate; client_max_window_bits=9',
    `${STANDALONE}; client_max_window_bits=12`,
    `${STANDALONE}; client_max_window_bits=9`,
  ],
  // RFC 6455 section 9.1: a header against the grammar fails the handshake.
  [TAKEOVER, 'permessage-deflate;', BAD_REQUEST, BAD_REQUEST],
  [TAKEOVER, 'permessage-deflate, a b', 'permessage-deflate', BAD_REQUEST],
];

/** @param {unknown} options @param {string} offer */
const title = (options, offer) => `${JSON.stringify(options) ?? 'nothing'} makes of ${offer || 'no offer'}`;

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  ...SAME.map(([options, offer, expected]) => ({
    name: title(options, offer),
    run: (/** @type {Context} */ context) => answer(context, options, offer),
    expected,
  })),
  ...DIFFERENT.map(([options, offer, original, ours]) => ({
    name: title(options, offer),
    run: (/** @type {Context} */ context) => answer(context, options, offer),
    original,
    ours,
  })),
  {
    name: 'socket.extensions has the parameters agreed on',
    run: async (context) => {
      const { server, port } = await context.serve({ perMessageDeflate: { ...NO_TAKEOVER, serverMaxWindowBits: 10 } });
      const seen = [];
      for (const offer of ['permessage-deflate', null]) {
        const connected = new Promise((resolve) => server.once('connection', resolve));
        const client = await context.open(port, { headers: { 'Sec-WebSocket-Extensions': offer } });
        await client.handshake();
        const { extensions } = /** @type {any} */ (await within(connected, 'connection')).socket;
        seen.push([Object.keys(extensions), { ...extensions['permessage-deflate']?.params }]);
      }
      return seen;
    },
    expected: [
      [
        ['permessage-deflate'],
        { server_no_context_takeover: true, client_no_context_takeover: true, server_max_window_bits: 10 },
      ],
      [[], {}],
    ],
  },
  {
    name: 'messages from the threshold on have RSV1',
    run: async (context) => {
      const { server, port } = await context.serve({ perMessageDeflate: { ...NO_TAKEOVER, threshold: 100 } });
      const connected = new Promise((resolve) => server.once('connection', resolve));
      const client = await context.open(port, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } });
      await client.handshake();
      const connection = /** @type {any} */ (await within(connected, 'connection'));
      const seen = [];
      // {"n":"a","p":"…"} has 16 bytes around it.
      for (const length of [83, 84]) {
        connection.sendWithoutResponse('a', 'x'.repeat(length));
        for (let frame = await client.next(); ; frame = await client.next()) {
          if (frame.text.includes('"_r"')) continue;
          seen.push(frame.rsv);
          break;
        }
      }
      return seen;
    },
    expected: [0, 4],
  },
];

contract('permessage-deflate', cases);
