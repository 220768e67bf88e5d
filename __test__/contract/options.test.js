// @ts-check
'use strict';

/** Contract section 2: options, statics and the shape of the classes. */

const { contract } = require('../helpers/contract');
const { attempt } = require('../helpers/observe');
const { delay } = require('../helpers/timing');

const TIMES = ['responseTimeout', 'handshakeTimeout', 'pingInterval'];
const BAD = [-1, 1.5, NaN, Infinity, '5', '', null, undefined, true, [], {}];

const EVENTS = { HANDSHAKE: 'handshake', CONNECTION: 'connection', HEADERS: 'headers', ERROR: 'error' };
const SERVER_CODES = {
  INVALID_OPTIONS: 'sInvalidOptions',
  INVALID_ACTION: 'sInvalidAction',
  WEBSOCKET_ERROR: 'sWebsocketError'
};
const CONNECTION_CODES = {
  MESSAGE_TIMEOUT: 'scMessageTimeout',
  MESSAGE_REJECTED: 'scMessageRejected',
  MESSAGE_NOT_RESPONDED: 'cMessageNotResponded',
  INVALID_JSON: 'scInvalidJson',
  HANDSHAKE_ENDED: 'scHandshakeEnded',
  ID_CONFLICT: 'scIdConflict',
  DISCONNECTED: 'scDisconnected',
  WEBSOCKET_ERROR: 'scWebsocketError',
  PING_ERROR: 'scPingError'
};

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  ...TIMES.map((option) => ({
    name: `${option} must be an integer of 0 or more`,
    run: async (/** @type {import('../helpers/context').Context} */ { Server }) =>
      BAD.map((value) => attempt(() => new Server({ [option]: value }))),
    expected: BAD.map(() => ({ thrown: { code: 'sInvalidOptions' } }))
  })),
  {
    name: 'an options error is a LineError',
    run: async ({ Server }) => {
      try {
        return new Server({ pingInterval: -1 });
      } catch (error) {
        const { name, message } = /** @type {Error} */ (error);
        return [error instanceof Server.Error, error instanceof Error, name, message.includes('pingInterval')];
      }
    },
    expected: [true, true, 'LineError', true]
  },
  {
    name: 'defaults, also without options',
    run: async ({ Server }) => {
      const { responseTimeout, handshakeTimeout, pingInterval } = new Server().options;
      return { responseTimeout, handshakeTimeout, pingInterval };
    },
    expected: { responseTimeout: 10000, handshakeTimeout: 60000, pingInterval: 15000 }
  },
  {
    name: 'options are copied, and keep what was given',
    run: async ({ Server }) => {
      const given = { port: 1, path: '/x', responseTimeout: 0 };
      const { options } = new Server(given);
      options.responseTimeout = 5;
      return [options === given, options.port, options.path, given.responseTimeout];
    },
    expected: [false, 1, '/x', 0]
  },
  {
    name: 'server enums',
    run: async ({ Server }) => [Server.Event, Server.ErrorCode],
    original: [EVENTS, SERVER_CODES],
    ours: [EVENTS, { ...SERVER_CODES, ADAPTER_BUSY: 'sAdapterBusy', ADAPTER_DOWN: 'sAdapterDown' }]
  },
  {
    name: 'connection enums',
    run: async ({ Server }) => [Server.Connection.Event, Server.Connection.State, Server.Connection.ErrorCode],
    original: [
      { ERROR: '_error', DISCONNECTED: '_disconnected' },
      { AWAITING_HANDSHAKE: 'awaitingHandshake', CONNECTED: 'connected', DISCONNECTED: 'disconnected' },
      CONNECTION_CODES
    ],
    ours: [
      { ERROR: '_error', DISCONNECTED: '_disconnected', DRAIN: '_drain', DISCONNECTING: '_disconnecting' },
      { AWAITING_HANDSHAKE: 'awaitingHandshake', CONNECTED: 'connected', DISCONNECTED: 'disconnected' },
      { ...CONNECTION_CODES, IDLE_TIMEOUT: 'scIdleTimeout', TOO_MANY_SENDS: 'scTooManySends', RESPONSE_TOO_LARGE: 'scResponseTooLarge' }
    ]
  },
  {
    name: 'message enums',
    run: async ({ Server }) => [Server.Message.Name, Server.Message.ReservedNames, Server.Message.ErrorCode],
    expected: [
      { RESPONSE: '_r', HANDSHAKE: '_h', PING: '_p' },
      ['_r', '_h', '_p'],
      { INVALID_JSON: 'mInvalidJson', MISSING_ID: 'mMissingId', ALREADY_RESPONDED: 'mAlreadyResponded' }
    ]
  },
  {
    name: 'Server.Room is the class of rooms',
    run: async (context) => {
      const { server, connection } = await context.pair();
      connection.joinRoom('red');
      const { Room } = server.constructor;
      return [typeof Room, Boolean(Room) && server.getRoom('red') instanceof Room];
    },
    original: ['undefined', false],
    ours: ['function', true]
  },
  {
    name: 'LineError has code, message and payload',
    run: async ({ Server }) => {
      const error = new Server.Error('myCode', 'my message', { a: 1 });
      return [error instanceof Error, error.name, error.code, error.message, error.payload, typeof error.stack];
    },
    expected: [true, 'LineError', 'myCode', 'my message', { a: 1 }, 'string']
  },
  {
    name: 'Message.parse reads a text',
    run: async ({ Server }) => {
      const message = Server.Message.parse('{"n":"x","p":[1],"i":"7","e":{"name":"N","message":"M"}}');
      const { name, payload, id, err } = message;
      return [name, payload, id, err instanceof Error, err.name, attempt(() => Server.Message.parse('{'))];
    },
    expected: [
      ...['x', [1], '7', true, 'N'],
      { thrown: { code: 'mInvalidJson' } }
    ]
  },
  {
    name: 'new Message refuses what JSON cannot write',
    run: async ({ Server }) => {
      const refused = attempt(() => new Server.Message({ name: 'x', payload: 1n }));
      return [refused, String(new Server.Message({ name: 'x', payload: { a: undefined } }))];
    },
    expected: [
      { thrown: { code: 'mInvalidJson' } },
      '{"n":"x","p":{}}'
    ]
  },
  {
    name: 'resolve and reject of a message made without id throw mMissingId',
    run: async ({ Server }) => {
      const message = new Server.Message({ name: 'x' });
      return [attempt(() => message.resolve()), attempt(() => message.reject(new Error('no')))];
    },
    expected: Array(2).fill({ thrown: { code: 'mMissingId' } })
  },
  {
    name: 'setId of a message takes an id or makes one',
    run: async ({ Server }) => {
      const message = new Server.Message({ name: 'x' });
      const made = message.setId();
      return [typeof made, made === message.id, message.setId('mine'), String(message)];
    },
    expected: ['string', true, 'mine', '{"n":"x","i":"mine"}']
  },
  {
    name: 'dispose removes the listeners of a message',
    run: async ({ Server }) => {
      const message = new Server.Message({ name: 'x', id: '1' });
      const log = [];
      message.once('resolved', () => log.push('resolved'));
      message.dispose();
      message.resolve();
      return [log, message.eventNames()];
    },
    expected: [[], []]
  },
  {
    name: 'timers of 0 are off',
    run: async (context) => {
      const { client } = await context.pair({ responseTimeout: 0, handshakeTimeout: 0, pingInterval: 0 });
      await delay(30);
      await client.fence();
      return client.frames.length;
    },
    expected: 2
  },
  {
    name: 'clientTracking false still serves',
    run: async (context) => {
      const { client, connection, server } = await context.pair({ clientTracking: false });
      connection.on('ask', (/** @type {any} */ message) => message.resolve('served'));
      const { message } = await client.request('ask');
      client.close(1000);
      await client.closed();
      return [message.p, typeof server.getConnections()];
    },
    expected: ['served', 'object']
  },
  {
    name: 'maxPayload: as much is read, one byte more closes with 1009',
    run: async (context) => {
      const { client, connection } = await context.pair({ maxPayload: 1000 });
      connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload.length));
      const text = (/** @type {number} */ length) => `{"n":"ask","i":"1","p":"${'x'.repeat(length - 26)}"}`;
      client.text(text(1000));
      const { message } = await client.message();
      client.text(text(1001));
      await client.closeFrame();
      client.end();
      const { code, reason } = await client.closed();
      return [text(1000).length, message.p, code, reason];
    },
    expected: [1000, 974, 1009, '']
  },
  {
    name: 'maxPayload counts the whole of a fragmented message',
    run: async (context) => {
      const { client } = await context.pair({ maxPayload: 1000 });
      client.frame({ fin: false, payload: 'x'.repeat(600) });
      client.frame({ opcode: 0, payload: 'x'.repeat(600) });
      await client.closeFrame();
      client.end();
      return (await client.closed()).code;
    },
    expected: 1009
  }
];

contract('options and statics', cases);
