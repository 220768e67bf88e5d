// @ts-check
'use strict';

/** Contract sections 1 (step 4) and 3 (`auto-ping`): line pings, and WebSocket pings. */

const { contract } = require('../helpers/contract');
const { anonymous, outcome } = require('../helpers/observe');
const { Opcode } = require('../helpers/frames');
const { delay } = require('../helpers/timing');

/** @typedef {import('../helpers/context').Context} Context */

/**
 * Answers the pings of the server until told otherwise, and notes when they came.
 *
 * @param {import('../helpers/raw-client').RawClient} client
 */
function answerPings(client) {
  /** @type {number[]} */
  const times = [];
  client.on('frame', (/** @type {import('../helpers/frames').Frame | undefined} */ frame) => {
    if (!frame || frame.opcode !== Opcode.TEXT) return;
    const message = JSON.parse(frame.text);
    if (message.n !== '_p') return;
    times.push(Date.now());
    client.json({ n: '_r', i: message.i, p: 'pong', e: null });
  });
  return times;
}

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  {
    name: 'a ping of the client is answered with pong',
    run: async (context) => (await (await context.pair()).client.request('_p', undefined, '1')).text,
    expected: '{"n":"_r","p":"pong","i":"1","e":null}'
  },
  {
    name: 'also before the handshake',
    run: async (context) => {
      const { port } = await context.serve();
      return (await (await context.open(port)).request('_p', { any: 'thing' }, '1')).text;
    },
    expected: '{"n":"_r","p":"pong","i":"1","e":null}'
  },
  {
    name: 'a ping without id is answered without id',
    run: async (context) => {
      const { client } = await context.pair();
      client.json({ n: '_p' });
      await client.fence();
      return client.texts[1];
    },
    expected: '{"n":"_r","p":"pong","e":null}'
  },
  {
    name: 'ping() sends _p and resolves with the payload of the answer',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const pinged = outcome(connection.ping());
      const request = await client.message();
      client.json({ n: '_r', i: request.message.i, p: 'pong', e: null });
      return [anonymous(request), await pinged];
    },
    expected: ['{"n":"_p","i":"<id>"}', { resolved: 'pong' }]
  },
  {
    name: 'ping() without an answer in responseTimeout rejects and closes with 4201',
    run: async (context) => {
      const { client, connection } = await context.pair({ responseTimeout: 40 });
      const pinged = await outcome(connection.ping());
      const { code, reason } = await client.closed();
      return { pinged, code, reason };
    },
    expected: {
      pinged: {
        rejected: {
          code: 'scPingError',
          payload: { code: 'scMessageTimeout' }
        }
      },
      code: 4201,
      reason: 'Ping failed'
    }
  },
  {
    name: 'ping() answered with an error rejects and closes with 4201',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const pinged = outcome(connection.ping());
      const { message } = await client.message();
      client.json({ n: '_r', i: message.i, e: 'no' });
      const { code } = await client.closed();
      return { pinged: await pinged, code };
    },
    expected: {
      pinged: {
        rejected: {
          code: 'scPingError',
          payload: { code: 'scMessageRejected', payload: 'no' }
        }
      },
      code: 4201
    }
  },
  {
    name: 'ping() of a closed connection rejects',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const gone = new Promise((resolve) => connection.on('_disconnected', resolve));
      client.close(1000);
      await gone;
      return outcome(connection.ping());
    },
    expected: {
      rejected: {
        code: 'scPingError',
        payload: { code: 'scDisconnected' }
      }
    }
  },
  {
    name: 'overriding send_ changes what ping() does',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {string[]} */
      const names = [];
      connection.send_ = (/** @type {any} */ message) => {
        names.push(message.name);
        return names.length === 1 ? Promise.resolve('mine') : Promise.reject(new Error('No ping allowed'));
      };
      const results = [await outcome(connection.ping()), await outcome(connection.ping())];
      const { code } = await client.closed();
      return { names, results, code };
    },
    expected: {
      names: ['_p', '_p'],
      results: [
        { resolved: 'mine' },
        {
          rejected: {
            code: 'scPingError',
            payload: { name: 'Error', message: 'No ping allowed' }
          }
        }
      ],
      code: 4201
    }
  },
  {
    name: 'auto-ping repeats after each pingInterval of silence',
    run: async (context) => {
      const { client } = await context.pair({ pingInterval: 80 });
      const start = Date.now();
      const times = answerPings(client);
      await delay(300);
      const gaps = times.map((time, index) => time - (times[index - 1] ?? start));
      return { pings: times.length === 2 || times.length === 3, spaced: gaps.every((gap) => gap >= 65) };
    },
    expected: { pings: true, spaced: true }
  },
  {
    name: 'auto-ping waits while messages come',
    run: async (context) => {
      const { client } = await context.pair({ pingInterval: 150 });
      const times = answerPings(client);
      for (let i = 0; i < 12; i++) {
        await delay(25);
        client.json({ n: 'busy' });
      }
      const busy = times.length;
      await delay(260);
      return { busy, silent: times.length >= 1 };
    },
    expected: { busy: 0, silent: true }
  },
  {
    name: 'auto-ping does not start before the handshake is resolved',
    run: async (context) => {
      const { port } = await context.serve({ pingInterval: 30 });
      const client = await context.open(port);
      await delay(120);
      return client.frames.length;
    },
    expected: 0
  },
  {
    name: 'auto-ping without an answer closes with 4201',
    run: async (context) => {
      const { client, connection } = await context.pair({ pingInterval: 40, responseTimeout: 40 });
      const disconnected = new Promise((resolve) => {
        connection.on('_disconnected', (/** @type {any[]} */ ...args) => resolve(args));
      });
      const request = await client.message();
      const { code, reason } = await client.closed();
      return { ping: anonymous(request), code, reason, server: await disconnected };
    },
    expected: { ping: '{"n":"_p","i":"<id>"}', code: 4201, reason: 'Ping failed', server: [4201, 'Ping failed'] }
  },
  {
    name: 'pingInterval 0 never pings',
    run: async (context) => {
      const { client } = await context.pair({ pingInterval: 0 });
      await delay(100);
      return client.frames.length;
    },
    expected: 1
  },
  {
    name: 'WebSocket pings are answered with their payload, pongs are ignored',
    run: async (context) => {
      const { client } = await context.pair();
      client.frame({ opcode: Opcode.PING });
      client.frame({ opcode: Opcode.PONG, payload: 'nobody asked' });
      client.frame({ opcode: Opcode.PING, payload: Buffer.from([0, 255, 128]) });
      client.frame({ opcode: Opcode.PING, payload: 'x'.repeat(125) });
      await client.fence();
      return client.frames.slice(1, -1).map(({ opcode, payload }) => [opcode, payload.toString('latin1')]);
    },
    expected: [[Opcode.PONG, ''], [Opcode.PONG, '\0\xff\x80'], [Opcode.PONG, 'x'.repeat(125)]]
  }
];

contract('ping', cases);
