// @ts-check
'use strict';

/** The constructor of the client: URL, options, their checks and defaults; what the class carries. */

const { scriptedContract } = require('../../helpers/client-contract');
const { attempt } = require('../../helpers/observe');

/** What only our clients have is left out of comparisons. */
const OURS = ['watchNetwork', 'fullJitter', 'maxPayload', 'maxDepth', 'minUptime'];

/** @param {any} value */
function withoutOurs(value) {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !OURS.includes(key));
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutOurs(each)]));
}

/** @type {any} */
const circular = {};
circular.self = circular;

/** Options that are refused, each in a constructor call of its own. */
const REFUSED = [
  null, 5, 'options', true,
  { handshake: null }, { handshake: 5 }, { handshake: 'x' },
  { handshake: { timeout: -1 } }, { handshake: { timeout: 1.5 } }, { handshake: { timeout: '5' } },
  { handshake: { timeout: null } }, { handshake: { payload: circular } }, { handshake: { payload: 5n } },
  { responseTimeout: -1 }, { responseTimeout: 0.5 }, { responseTimeout: '10' }, { responseTimeout: null },
  { responseTimeout: Infinity }, { responseTimeout: NaN },
  { disconnectTimeout: -1 }, { disconnectTimeout: 1.5 }, { disconnectTimeout: 'x' },
  { pingInterval: -1 }, { pingInterval: 1.5 }, { pingInterval: true },
  { reconnect: 'yes' }, { reconnect: 1 }, { reconnect: null },
  { reconnectOptions: null }, { reconnectOptions: 5 },
  { reconnectOptions: { initialDelay: 0 } }, { reconnectOptions: { initialDelay: 1.5 } },
  { reconnectOptions: { multiply: 0.9 } }, { reconnectOptions: { multiply: '2' } },
  { reconnectOptions: { maxDelay: 0 } }, { reconnectOptions: { maxDelay: 999 } },
  { reconnectOptions: { initialDelay: 30001 } },
  { reconnectOptions: { randomness: -0.1 } }, { reconnectOptions: { randomness: 'x' } },
  { uptime: 1 }, { uptime: null },
  { uptimeOptions: null }, { uptimeOptions: { interval: 0 } }, { uptimeOptions: { interval: 1.5 } },
  { uptimeOptions: { window: 0 } }, { uptimeOptions: { window: 4999 } }, { uptimeOptions: { interval: 300001 } },
  { followRedirections: 'x' }, { followRedirections: null }
];

/** Options that are taken. */
const TAKEN = [
  {}, [], () => {}, { handshake: { timeout: 0 } }, { handshake: {} }, { handshake: { payload: null } },
  { responseTimeout: 0, disconnectTimeout: 0, pingInterval: 0 }, { reconnect: false },
  { reconnectOptions: { initialDelay: 1, multiply: 1, maxDelay: 1, randomness: 0 } },
  { reconnectOptions: { multiply: 2.5, randomness: 3 } },
  { uptimeOptions: { interval: 1, window: 1 } }, { followRedirections: true }, { unknown: 5 },
  { responseTimeout: undefined, handshake: undefined, reconnectOptions: undefined }
];

/** @type {import('../../helpers/client-contract').ClientCase[]} */
const cases = [
  {
    name: 'the defaults',
    run: async ({ Client }) => {
      const { url, options, state, id } = new Client();
      return { url, options: withoutOurs(options), state, id };
    },
    expected: {
      url: 'ws://localhost',
      options: {
        handshake: { timeout: 30000, payload: undefined },
        responseTimeout: 10000,
        disconnectTimeout: 5000,
        pingInterval: 20000,
        reconnect: true,
        reconnectOptions: { initialDelay: 1000, multiply: 1.5, maxDelay: 30000, randomness: 0.5 },
        uptime: false,
        uptimeOptions: { interval: 5000, window: 300000 },
        followRedirections: false
      },
      state: 'ready',
      id: null
    }
  },
  {
    name: 'the URL is trimmed',
    run: async ({ Client }) => new Client('  ws://example.org/x ').url,
    expected: 'ws://example.org/x'
  },
  {
    name: 'a URL that is no string or empty is refused',
    run: async ({ Client }) => ['', ' \n', 5, null, {}, ['ws://x']].map((url) => attempt(() => new Client(url))),
    expected: Array(6).fill({ thrown: { code: 'cInvalidOptions' } })
  },
  {
    name: 'any other string is a URL until the client connects',
    run: async ({ Client }) => ['x', 'http://localhost', 'ws://['].map((url) => new Client(url).url),
    expected: ['x', 'http://localhost', 'ws://[']
  },
  {
    name: 'a number that is none',
    run: async ({ Client }) => attempt(() => typeof new Client('ws://x', { reconnectOptions: { multiply: NaN } })),
    original: { returned: 'object' },
    ours: { thrown: { code: 'cInvalidOptions' } }
  },
  {
    name: 'the object given is the one used: it gets the defaults, and changes to it hold',
    run: async ({ Client }) => {
      const options = { handshake: { payload: { token: 1 } } };
      const client = new Client('ws://localhost', options);
      options.handshake.payload = { token: 2 };
      return [client.options === options, client.options.handshake.payload, client.options.responseTimeout];
    },
    expected: [true, { token: 2 }, 10000]
  },
  {
    name: 'a frozen object of options',
    run: async ({ Client }) => attempt(() => new Client('ws://x', Object.freeze({ pingInterval: 5 })).options.pingInterval),
    original: { thrown: { code: 'cInvalidOptions' } },
    ours: { returned: 5 }
  },
  {
    name: 'the payload of the handshake is kept as it is',
    run: async ({ Client }) => {
      const payload = new Date(0);
      return new Client('ws://localhost', { handshake: { payload } }).options.handshake.payload === payload;
    },
    expected: true
  },
  {
    name: 'states and events',
    run: async ({ Client: { State, Event: { RECOVERED: _recovered, TAKEN_OVER: _takenOver, ...events } } }) => [{ ...State }, events],
    expected: [
      {
        READY: 'ready',
        CONNECTING: 'connecting',
        HANDSHAKING: 'handshaking',
        CONNECTED: 'connected',
        DISCONNECTING: 'disconnecting',
        DISCONNECTED: 'disconnected'
      },
      {
        CONNECTING: '_connecting',
        CONNECTING_ERROR: '_connecting_error',
        CONNECTED: '_connected',
        DISCONNECTING: '_disconnecting',
        DISCONNECTED: '_disconnected',
        ERROR: '_error'
      }
    ]
  },
  {
    name: 'error codes',
    run: async ({ Client: { ErrorCode: { QUEUE_FULL: _full, QUEUE_EXPIRED: _expired, ...codes } } }) => codes,
    expected: {
      INVALID_OPTIONS: 'cInvalidOptions',
      INVALID_JSON: 'cInvalidJSON',
      HANDSHAKE_ERROR: 'cHandshakeError',
      HANDSHAKE_REJECTED: 'cHandshakeRejected',
      MESSAGE_TIMEOUT: 'cMessageTimeout',
      MESSAGE_REJECTED: 'cMessageRejected',
      MESSAGE_NOT_RESPONDED: 'cMessageNotResponded',
      WEBSOCKET_ERROR: 'cWebsocketError',
      DISCONNECT_TIMEOUT: 'cDisconnectError',
      PING_ERROR: 'cPingError',
      DISCONNECTED: 'cDisconnected'
    }
  },
  {
    name: 'the classes a client carries',
    run: async ({ Client }) => {
      const message = new Client.Message({ name: 'x', payload: 1 });
      const error = new Client.Error('code', 'text', 'payload');
      return [String(message), message instanceof Client.Message, error.code, error.message, error.payload];
    },
    expected: ['{"n":"x","p":1}', true, 'code', 'text', 'payload']
  },
  {
    name: 'URLs of WebSockets and HTTP',
    run: async ({ Client: { ws2http, http2ws } }) => [
      ['ws://a/b?c', 'wss://a:1', 'http://a', 'x'].map(ws2http),
      ['http://a/b?c', 'https://a:1', 'ws://a', 'x'].map(http2ws)
    ],
    expected: [
      ['http://a/b?c', 'https://a:1', undefined, undefined],
      ['ws://a/b?c', 'wss://a:1', undefined, undefined]
    ]
  },
  ...REFUSED.map((options, index) => ({
    name: `refused: ${describe(options)} (${index})`,
    run: async (/** @type {any} */ { Client }) => attempt(() => new Client('ws://localhost', options)),
    expected: { thrown: { code: 'cInvalidOptions' } }
  })),
  ...TAKEN.map((options, index) => ({
    name: `taken: ${describe(options)} (${index})`,
    run: async (/** @type {any} */ { Client }) => typeof new Client('ws://localhost', options).options,
    expected: typeof options
  }))
];

/** @param {any} options */
function describe(options) {
  if (options?.handshake?.payload === circular) return 'a circular payload';
  return JSON.stringify(options, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)) ?? String(options);
}

scriptedContract('client options', cases);
