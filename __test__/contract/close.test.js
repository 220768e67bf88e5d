// @ts-check
'use strict';

/** Contract section 3, `close()`, and the close codes both sides see. */

const { contract, ABSENT } = require('../helpers/contract');
const { describeError } = require('../helpers/observe');
const { Opcode } = require('../helpers/frames');
const { delay, until, within } = require('../helpers/timing');

/** @typedef {import('../helpers/context').Context} Context */
/** @typedef {import('../helpers/raw-client').RawClient} RawClient */

/**
 * Connects, lets `act` end the connection, and returns what both sides saw.
 *
 * @param {Context} context
 * @param {(client: RawClient, connection: any) => unknown} act
 * @param {Record<string, unknown>} [options]
 */
async function ending(context, act, options) {
  const { client, connection } = await context.pair(options);
  /** @type {any[]} */
  const server = [];
  connection.on('_disconnected', (/** @type {any[]} */ ...args) => server.push(args));
  await act(client, connection);
  const { code, reason } = await client.closed();
  await until(() => server.length, 'disconnected');
  // A second event would come now.
  await delay(5);
  return { client: [code, reason], server };
}

/** @type {[string, (client: RawClient) => unknown, unknown][]} */
const BY_CLIENT = [
  ['without a code', (client) => client.close(), { client: [1000, ''], server: [[1000, '']] }],
  ['1000', (client) => client.close(1000), { client: [1000, ''], server: [[1000, '']] }],
  ['1000 with a reason', (client) => client.close(1000, 'bye'), { client: [1000, 'bye'], server: [[1000, 'bye']] }],
  ['1001', (client) => client.close(1001, 'away'), { client: [1001, 'away'], server: [[1001, 'away']] }],
  ['1011', (client) => client.close(1011), { client: [1011, ''], server: [[1011, '']] }],
  ['3000', (client) => client.close(3000), { client: [3000, ''], server: [[3000, '']] }],
  ['4205', (client) => client.close(4205, 'Client disposed'), { client: [4205, 'Client disposed'], server: [[4205, 'Client disposed']] }],
  ['4999', (client) => client.close(4999), { client: [4999, ''], server: [[4999, '']] }],
  [
    'a reason of 123 bytes',
    (client) => client.close(4000, '\u00e9'.repeat(61) + 'x'),
    { client: [4000, '\u00e9'.repeat(61) + 'x'], server: [[4000, '\u00e9'.repeat(61) + 'x']] }
  ],
  ['FIN without a close frame', (client) => client.end(), { client: [null, ''], server: [[1006, '']] }],
  ['RST', (client) => client.reset(), { client: [null, ''], server: [[1006, '']] }],
  [
    'FIN amid a frame',
    (client) => {
      client.send(Buffer.from([0x81, 0xfe, 0x10]));
      client.end();
    },
    { client: [null, ''], server: [[1006, '']] }
  ]
];

/** @type {[string, any[], unknown][]} */
const BY_SERVER = [
  ['without arguments', [], { client: [1000, ''], server: [[1000, '']] }],
  ['with a code', [4001], { client: [4001, ''], server: [[4001, '']] }],
  ['with code and reason', [4001, 'enough'], { client: [4001, 'enough'], server: [[4001, 'enough']] }],
  ['with 1001', [1001, 'going'], { client: [1001, 'going'], server: [[1001, 'going']] }],
  ['with code 0', [0, 'zero'], { client: [1000, 'zero'], server: [[1000, 'zero']] }],
  ['with null', [null], { client: [1000, ''], server: [[1000, '']] }],
  ['with a unicode reason', [4001, 'caf\u00e9 \u{1f600}'], { client: [4001, 'caf\u00e9 \u{1f600}'], server: [[4001, 'caf\u00e9 \u{1f600}']] }],
  ['with a delay', [4001, 'later', 30], { client: [4001, 'later'], server: [[4001, 'later']] }]
];

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  {
    name: 'the upgrade request can still be read when the connection has ended',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {Promise<unknown>} */
      const seen = new Promise((resolve) => {
        connection.on('_disconnected', () => resolve(connection.socket.upgradeReq.url));
      });
      client.close(1000);
      const during = await seen;
      return [during, connection.socket.upgradeReq.method, connection.socket.upgradeReq.headers.upgrade];
    },
    expected: ['/', 'GET', 'websocket']
  },
  ...BY_CLIENT.map(([name, act, expected]) => ({
    name: `by the client: ${name}`,
    run: (/** @type {Context} */ context) => ending(context, act),
    expected
  })),
  ...BY_SERVER.map(([name, args, expected]) => ({
    name: `by the server: ${name}`,
    run: (/** @type {Context} */ context) => ending(context, (_, connection) => connection.close(...args)),
    expected
  })),
  {
    name: 'close resolves undefined when the connection is closed',
    run: async (context) => {
      const { connection } = await context.pair();
      return [await connection.close(4000), connection.state];
    },
    original: [undefined, 'connected'],
    ours: [undefined, 'disconnected']
  },
  {
    name: 'during the delay the connection is served',
    run: async (context) => {
      const { client, connection } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => message.resolve('still here'));
      const start = Date.now();
      connection.close(4000, 'later', 60);
      const { message } = await client.request('ask');
      await client.closed();
      return [message.p, Date.now() - start >= 50];
    },
    expected: ['still here', true]
  },
  {
    name: 'closing twice sends one close frame, the first',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const both = [connection.close(4001, 'first'), connection.close(4002, 'second')];
      const { code, reason } = await client.closed();
      await within(Promise.all(both), 'both closed');
      return [code, reason, client.frames.filter((frame) => frame.opcode === Opcode.CLOSE).length];
    },
    expected: [4001, 'first', 1]
  },
  {
    name: 'closing a closed connection resolves',
    run: async (context) => {
      const { client, connection } = await context.pair();
      client.close(1000);
      await until(() => connection.state === 'disconnected', 'disconnected');
      return within(connection.close(4000, 'too late'), 'closed');
    },
    expected: undefined
  },
  {
    name: 'messages sent just before close arrive before the close frame',
    run: async (context) => {
      const { client, connection } = await context.pair();
      connection.sendWithoutResponse('last', 'x'.repeat(100000));
      connection.close(4000);
      await client.closed();
      return client.frames.slice(1).map(({ opcode, payload }) => [opcode, payload.length]);
    },
    expected: [[Opcode.TEXT, 100019], [Opcode.CLOSE, 2]]
  },
  {
    name: 'what the client answers to the close frame is what _disconnected reports',
    run: (context) =>
      ending(context, async (client, connection) => {
        client.answersClose = false;
        connection.close(4001, 'enough');
        await client.closeFrame();
        client.close(1000, 'as you like');
      }),
    expected: { client: [4001, 'enough'], server: [[1000, 'as you like']] }
  },
  {
    name: 'a client that ends without answering the close frame: 1006',
    run: (context) =>
      ending(context, async (client, connection) => {
        client.answersClose = false;
        connection.close(4001, 'enough');
        await client.closeFrame();
        client.end();
      }),
    expected: { client: [4001, 'enough'], server: [[1006, '']] }
  },
  {
    name: 'a client that never answers the close frame is cut after closeTimeout: 1006',
    run: async (context) => {
      const start = Date.now();
      const seen = await ending(
        context,
        (client, connection) => {
          client.answersClose = false;
          return connection.close(4001, 'enough');
        },
        { closeTimeout: 80 }
      );
      return { ...seen, late: Date.now() - start >= 70 };
    },
    original: ABSENT,
    ours: { client: [4001, 'enough'], server: [[1006, '']], late: true }
  },
  {
    name: 'messages of a client that has yet to answer the close frame reach no handler',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any[]} */
      const log = [];
      connection.on('note', (/** @type {any} */ message) => log.push(message.payload));
      connection.on('_disconnected', () => log.push('disconnected'));
      client.answersClose = false;
      connection.close(4001);
      await client.closeFrame();
      client.json({ n: 'note', p: 'while closing' });
      client.close(4001);
      await until(() => log.includes('disconnected'), 'disconnected');
      return log;
    },
    original: ['while closing', 'disconnected'],
    ours: ['disconnected']
  },
  {
    name: 'what follows a close frame is not read',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any[]} */
      const log = [];
      connection.on('note', (/** @type {any} */ message) => log.push(message.payload));
      connection.on('_disconnected', () => log.push('disconnected'));
      client.close(1000);
      client.json({ n: 'note', p: 'too late' });
      await until(() => log.includes('disconnected'), 'disconnected');
      await delay(10);
      return log;
    },
    expected: ['disconnected']
  },
  {
    name: 'messages sent just before the client closes are delivered before _disconnected',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any[]} */
      const log = [];
      connection.on('note', (/** @type {any} */ message) => log.push(message.payload));
      connection.on('_disconnected', () => log.push('disconnected'));
      for (let i = 0; i < 3; i++) client.json({ n: 'note', p: i });
      client.close(1000);
      await until(() => log.includes('disconnected'), 'disconnected');
      return log;
    },
    expected: [0, 1, 2, 'disconnected']
  },
  {
    name: 'a protocol violation is reported to _error; _disconnected gets 1006',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any[]} */
      const log = [];
      connection.on('_error', (/** @type {any} */ error) => log.push('error', error instanceof Error));
      connection.on('_disconnected', (/** @type {any[]} */ ...args) => log.push('disconnected', ...args));
      client.frame({ rsv: 2, payload: '{}' });
      client.answersClose = false;
      await client.closeFrame();
      client.end();
      const { code, reason } = await client.closed();
      await until(() => log.includes('disconnected'), 'disconnected');
      return { log, code, reason };
    },
    expected: { log: ['error', true, 'disconnected', 1006, ''], code: 1002, reason: '' }
  },
  {
    name: 'a reset is no error of the connection',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any[]} */
      const log = [];
      connection.on('_error', (/** @type {any} */ error) => log.push(describeError(error)));
      connection.on('_disconnected', (/** @type {any[]} */ ...args) => log.push(args));
      client.reset();
      await until(() => log.length, 'disconnected');
      return log;
    },
    expected: [[1006, '']]
  },
  {
    name: 'socket.readyState follows the connection',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const states = [connection.socket.readyState];
      client.answersClose = false;
      connection.close();
      await client.closeFrame();
      states.push(connection.socket.readyState);
      client.close(1000);
      await until(() => connection.state === 'disconnected', 'disconnected');
      states.push(connection.socket.readyState);
      return states;
    },
    expected: [1, 2, 3]
  }
];

contract('close', cases);
