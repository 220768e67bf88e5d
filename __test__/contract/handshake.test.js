// @ts-check
'use strict';

/** Contract section 1 (steps 1 and 2) and section 3 (`handshake` event): from `_h` to `connection`. */

const { contract, CRASHES, ABSENT } = require('../helpers/contract');
const { attempt, describeError, normalise, outcome } = require('../helpers/observe');
const { delay, until, within } = require('../helpers/timing');

/**
 * Runs one handshake whose listener is `listener`.
 *
 * @param {import('../helpers/context').Context} context
 * @param {(connection: any, handshake: any) => unknown} listener
 * @param {Record<string, unknown>} [options]
 */
async function withListener(context, listener, options) {
  const target = await context.serve(options);
  target.server.on('handshake', listener);
  return { ...target, client: await context.open(target.port) };
}

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  {
    name: 'is resolved by itself without a listener',
    run: async (context) => normalise((await context.pair()).response.text),
    expected: '{"n":"_r","p":{"id":"<id>"},"i":"hs","e":null}'
  },
  {
    name: 'answers with the value given to resolve and the id of the connection',
    run: async (context) => {
      const { client } = await withListener(context, (connection, handshake) => {
        connection.setId('me');
        handshake.resolve({ welcome: handshake.payload });
      });
      return (await client.handshake({ token: 1 })).text;
    },
    expected: '{"n":"_r","p":{"payload":{"welcome":{"token":1}},"id":"me"},"i":"hs","e":null}'
  },
  {
    name: 'a numeric id is answered as a number',
    run: async (context) => {
      const { port } = await context.serve();
      const client = await context.open(port);
      client.json({ n: '_h', i: 7 });
      return normalise((await client.message()).text);
    },
    expected: '{"n":"_r","p":{"id":"<id>"},"i":7,"e":null}'
  },
  {
    name: 'the listener gets the connection and a message named _h',
    run: async (context) => {
      /** @type {any[]} */
      const seen = [];
      const { server, client } = await withListener(context, (connection, handshake) => {
        seen.push(connection instanceof server.constructor.Connection, connection.state, connection.server === server);
        seen.push(handshake instanceof server.constructor.Message, handshake.name, handshake.id, handshake.payload);
        handshake.resolve();
      });
      await client.handshake([1, 'two', null]);
      return seen;
    },
    expected: [true, 'awaitingHandshake', true, true, '_h', 'hs', [1, 'two', null]]
  },
  {
    name: 'payloads of every JSON type reach the listener',
    run: async (context) => {
      /** @type {any[]} */
      const seen = [];
      const { port, server } = await context.serve();
      server.on('handshake', (/** @type {any} */ _, /** @type {any} */ handshake) => {
        seen.push(handshake.payload);
        handshake.resolve();
      });
      for (const payload of [undefined, null, false, 0, '', 'text', [], {}, { a: { b: [1] } }]) {
        await (await context.open(port)).handshake(payload);
      }
      return seen;
    },
    expected: [undefined, null, false, 0, '', 'text', [], {}, { a: { b: [1] } }]
  },
  {
    name: 'may be resolved later',
    run: async (context) => {
      const { client } = await withListener(context, (_, handshake) => {
        setTimeout(() => handshake.resolve('late'), 20);
      });
      return (await client.handshake()).message.p.payload;
    },
    expected: 'late'
  },
  {
    name: 'once resolved the state is connected, and the connection event follows',
    run: async (context) => {
      /** @type {any[]} */
      const log = [];
      const { server, client } = await withListener(context, (connection, handshake) => {
        log.push(connection.state, server.getConnectionById(connection.id) === undefined);
        handshake.resolve();
        log.push(connection.state);
      });
      server.on('connection', (/** @type {any} */ connection) => {
        log.push('connection', connection.state, server.getConnectionById(connection.id) === connection);
      });
      await client.handshake();
      await until(() => log.includes('connection'), 'connected');
      return log;
    },
    expected: ['awaitingHandshake', true, 'connected', 'connection', 'connected', true]
  },
  {
    name: 'a message sent right after resolve follows the response',
    run: async (context) => {
      const { client } = await withListener(context, (connection, handshake) => {
        handshake.resolve('in');
        connection.sendWithoutResponse('first');
      });
      client.json({ n: '_h', i: '1' });
      return [normalise((await client.message()).text), (await client.message()).text];
    },
    expected: ['{"n":"_r","p":{"payload":"in","id":"<id>"},"i":"1","e":null}', '{"n":"first"}']
  },
  {
    name: 'sending before it is resolved rejects',
    run: async (context) => {
      /** @type {any[]} */
      const seen = [];
      const { client } = await withListener(context, async (connection, handshake) => {
        seen.push(await outcome(connection.send('x')), await outcome(connection.sendWithoutResponse('x')));
        handshake.resolve();
      });
      await client.handshake();
      return { seen, frames: client.frames.length };
    },
    expected: {
      seen: [
        { rejected: { code: 'scDisconnected' } },
        { rejected: { code: 'scDisconnected' } }
      ],
      frames: 1
    }
  },
  {
    name: 'a broadcast does not reach a connection that awaits it',
    run: async (context) => {
      const { server, client } = await withListener(context, (_, handshake) => {
        server.broadcast('all');
        handshake.resolve();
      });
      await client.handshake();
      return client.frames.length;
    },
    expected: 1
  },
  {
    name: 'a second resolve or reject throws mAlreadyResponded',
    run: async (context) => {
      /** @type {any[]} */
      const seen = [];
      const { client } = await withListener(context, (_, handshake) => {
        handshake.resolve();
        seen.push(attempt(() => handshake.resolve()), attempt(() => handshake.reject(new Error('no'))));
      });
      await client.handshake();
      await client.fence();
      return { seen, frames: client.frames.length };
    },
    expected: {
      seen: Array(2).fill({ thrown: { code: 'mAlreadyResponded' } }),
      frames: 2
    }
  },
  {
    name: 'rejected: the error, then close 4203 after 50 ms',
    run: async (context) => {
      /** @type {any[]} */
      const log = [];
      const { server, client } = await withListener(context, (connection, handshake) => {
        connection.on('_disconnected', (/** @type {any[]} */ ...args) => log.push(args));
        handshake.reject(Object.assign(new Error('Invalid auth token'), { status: 401 }));
      });
      server.on('connection', () => log.push('connection'));
      const { text } = await client.handshake();
      const start = Date.now();
      const { code, reason } = await client.closed();
      const waited = Date.now() - start;
      await until(() => log.length, 'disconnected');
      return { text, code, reason, late: waited >= 40, soon: waited < 1000, log };
    },
    expected: {
      text: '{"n":"_r","i":"hs","e":{"name":"Error","message":"Invalid auth token","status":401}}',
      code: 4203,
      reason: 'Handshake rejected',
      late: true,
      soon: true,
      log: [[4203, 'Handshake rejected']]
    }
  },
  ...[
    ['a string', 'no', ',"e":"no"'],
    ['an object', { code: 1 }, ',"e":{"code":1}'],
    ['nothing', undefined, ''],
    ['null', null, ',"e":null'],
    ['false', false, ',"e":false']
  ].map(([name, value, text]) => ({
    name: `rejected with ${name}`,
    run: async (/** @type {import('../helpers/context').Context} */ context) => {
      const { client } = await withListener(context, (_, handshake) => handshake.reject(value));
      const response = await client.handshake();
      return [response.text, (await client.closed()).code];
    },
    expected: [`{"n":"_r","i":"hs"${text}}`, 4203]
  })),
  {
    name: 'not completed in time: close 4202 with the time in the reason',
    run: async (context) => {
      const { port } = await context.serve({ handshakeTimeout: 60 });
      const client = await context.open(port);
      const start = Date.now();
      const { code, reason } = await client.closed();
      return { code, reason, late: Date.now() - start >= 50 };
    },
    expected: { code: 4202, reason: 'Handshake not completed after 60 ms', late: true }
  },
  {
    name: 'not resolved in time: close 4202, seen by _disconnected',
    run: async (context) => {
      /** @type {any} */
      let connection;
      /** @type {any[]} */
      const log = [];
      const { client } = await withListener(
        context,
        (pending) => {
          connection = pending;
          connection.on('_disconnected', (/** @type {any[]} */ ...args) => log.push(...args, connection.state));
        },
        { handshakeTimeout: 60 }
      );
      client.json({ n: '_h', i: '1' });
      const { code, reason } = await client.closed();
      await until(() => log.length, 'disconnected');
      return { code, reason, log, frames: client.texts };
    },
    expected: {
      code: 4202,
      reason: 'Handshake not completed after 60 ms',
      log: [4202, 'Handshake not completed after 60 ms', 'disconnected'],
      frames: []
    }
  },
  {
    name: 'handshakeTimeout 0 waits for ever, and a completed one is not closed',
    run: async (context) => {
      const never = await context.serve({ handshakeTimeout: 0 });
      const silent = await context.open(never.port);
      const done = await context.pair({ handshakeTimeout: 40 });
      await delay(120);
      await silent.fence();
      await done.client.fence();
      return [silent.frames.length, done.client.frames.length];
    },
    expected: [1, 2]
  },
  {
    name: 'a second _h once connected is answered with an error',
    run: async (context) => {
      let events = 0;
      const { client, server } = await withListener(context, (_, handshake) => {
        events++;
        handshake.resolve();
      });
      server.on('connection', () => events++);
      await client.handshake();
      const { message } = await client.request('_h', 'again', '2');
      await client.fence();
      return { keys: Object.keys(message), name: message.e.name, said: message.e.message !== '', events };
    },
    expected: {
      keys: ['n', 'i', 'e'],
      name: 'Error',
      said: true,
      events: 2
    }
  },
  {
    name: 'a second _h while the first is pending is not emitted again',
    run: async (context) => {
      /** @type {any[]} */
      const pending = [];
      const { client } = await withListener(context, (_, handshake) => pending.push(handshake));
      client.json({ n: '_h', i: 'first' });
      client.json({ n: '_h', i: 'second' });
      await client.fence();
      const emitted = pending.length;
      pending[0].resolve('in');
      const { message } = await client.message((response) => response.i === 'first');
      return { emitted, payload: message.p.payload };
    },
    original: { emitted: 2, payload: 'in' },
    ours: { emitted: 1, payload: 'in' }
  },
  {
    name: 'resolved after the client has gone: no connection, no error',
    run: async (context) => {
      /** @type {any} */
      let pending;
      let connected = 0;
      let gone = false;
      const { client, server } = await withListener(
        context,
        (connection, handshake) => {
          pending = handshake;
          connection.on('_disconnected', () => (gone = true));
        },
        { pingInterval: 0 }
      );
      server.on('connection', () => connected++);
      client.json({ n: '_h', i: '1' });
      await until(() => pending, 'emitted');
      client.close(1000);
      await until(() => gone, 'disconnected');
      pending.resolve();
      await delay(20);
      return { connected, count: server.rooms.root.getConnectionsCount() };
    },
    expected: { connected: 0, count: 0 }
  },
  {
    name: 'setId before it is resolved changes the id',
    run: async (context) => {
      const target = await context.serve();
      target.server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
        connection.setId('first');
        connection.setId(handshake.payload);
        handshake.resolve();
      });
      const { connection, response } = await context.connect(target, 'user-1');
      const { server } = target;
      return [
        response.text,
        connection.id,
        server.getConnectionById('user-1') === connection,
        server.getConnectionById('first') === undefined,
        Object.keys(server.getConnections())
      ];
    },
    expected: ['{"n":"_r","p":{"id":"user-1"},"i":"hs","e":null}', 'user-1', true, true, ['user-1']]
  },
  {
    name: 'setId with the id of a connected client throws scIdConflict',
    run: async (context) => {
      const target = await context.serve();
      /** @type {any[]} */
      const seen = [];
      target.server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
        seen.push(attempt(() => connection.setId('taken')));
        handshake.resolve();
      });
      await context.connect(target);
      await context.connect(target);
      return { seen, count: Object.keys(target.server.getConnections()).length };
    },
    expected: {
      seen: [
        { returned: undefined },
        { thrown: { code: 'scIdConflict' } }
      ],
      count: 2
    }
  },
  {
    name: 'two pending connections cannot take the same id',
    run: async (context) => {
      const { server, port } = await context.serve();
      /** @type {any[]} */
      const seen = [];
      server.on('handshake', (/** @type {any} */ connection) => {
        seen.push(attempt(() => connection.setId('same')));
      });
      for (let i = 0; i < 2; i++) (await context.open(port)).json({ n: '_h', i: '1' });
      await until(() => seen.length === 2, 'emitted twice');
      return seen;
    },
    original: [{ returned: undefined }, { returned: undefined }],
    ours: [
      { returned: undefined },
      { thrown: { code: 'scIdConflict' } }
    ]
  },
  {
    name: 'an id is free again once its connection has gone, pending or connected',
    run: async (context) => {
      const { server, port } = await context.serve();
      /** @type {any[]} */
      const seen = [];
      let gone = 0;
      server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
        connection.on('_disconnected', () => gone++);
        seen.push(attempt(() => connection.setId('same')).returned);
        if (handshake.payload === 'resolve') handshake.resolve();
      });
      for (const payload of ['pend', 'resolve', 'resolve']) {
        const client = await context.open(port);
        client.json({ n: '_h', i: '1', p: payload });
        const expected = seen.length + 1;
        await until(() => seen.length === expected, 'emitted');
        if (payload === 'resolve') await client.message();
        client.close(1000);
        await until(() => gone === expected, 'disconnected');
      }
      return seen;
    },
    expected: [undefined, undefined, undefined]
  },
  {
    name: 'setId after it is resolved throws scHandshakeEnded',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const { id } = connection;
      const connected = attempt(() => connection.setId('new'));
      client.close(1000);
      await until(() => connection.state === 'disconnected', 'disconnected');
      return { connected, disconnected: attempt(() => connection.setId('new')), same: connection.id === id };
    },
    expected: {
      connected: { thrown: { code: 'scHandshakeEnded' } },
      disconnected: { thrown: { code: 'scHandshakeEnded' } },
      same: true
    }
  },
  {
    name: 'names of Object.prototype are ordinary ids',
    run: async (context) => {
      const target = await context.serve();
      /** @type {any[]} */
      const seen = [];
      target.server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
        seen.push(attempt(() => connection.setId(handshake.payload)));
        handshake.resolve();
      });
      for (const id of ['constructor', '__proto__', 'hasOwnProperty']) {
        seen.push(target.server.getConnectionById(id));
        const { connection } = await context.connect(target, id);
        seen.push(target.server.getConnectionById(id) === connection);
      }
      return seen;
    },
    original: ABSENT,
    ours: Array(3).fill([undefined, { returned: undefined }, true]).flat()
  },
  {
    name: 'ids are UUIDs, one for each connection',
    run: async (context) => {
      const target = await context.serve();
      const a = await context.connect(target);
      const b = await context.connect(target);
      const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
      return [uuid.test(a.connection.id), uuid.test(b.connection.id), a.connection.id !== b.connection.id];
    },
    expected: [true, true, true]
  },
  {
    name: 'a message sent at once with it reaches a listener attached in connection',
    run: async (context) => {
      const { server, port } = await context.serve();
      const received = new Promise((resolve) => {
        server.on('connection', (/** @type {any} */ connection) => {
          connection.on('early', (/** @type {any} */ message) => resolve(message.payload));
        });
      });
      const client = await context.open(port);
      client.json({ n: '_h', i: '1' });
      client.json({ n: 'early', p: 'here' });
      return within(Promise.race([received, delay(200).then(() => 'lost')]), 'early message');
    },
    original: 'lost',
    ours: 'here'
  },
  {
    name: 'messages before it is resolved reach no listener; those with an id are refused',
    run: async (context) => {
      /** @type {any[]} */
      const reached = [];
      /** @type {any} */
      let pending;
      const { client } = await withListener(context, (connection, handshake) => {
        pending = handshake;
        connection.on(['note', 'ask'], (/** @type {any} */ message) => reached.push(message.name));
      });
      client.json({ n: '_h', i: '1' });
      client.json({ n: 'note' });
      client.json({ n: 'ask', i: '2' });
      await client.fence();
      const refused = client.texts.map((text) => JSON.parse(text)).filter((message) => message.i === '2');
      pending.resolve();
      await client.message((message) => message.i === '1');
      return { reached, refused: refused.map(({ n, e }) => [n, typeof e, Boolean(e)]) };
    },
    original: { reached: ['note', 'ask'], refused: [] },
    ours: { reached: [], refused: [['_r', 'object', true]] }
  },
  {
    name: 'an _h without id does not throw',
    run: async (context) => {
      const { port } = await context.serve({ handshakeTimeout: 500 });
      const client = await context.open(port);
      client.json({ n: '_h' });
      await client.fence();
      return client.frames.length;
    },
    original: CRASHES,
    ours: 1
  },
  {
    name: 'disconnected before _h: nothing is emitted',
    run: async (context) => {
      const { server, port } = await context.serve();
      /** @type {any[]} */
      const log = [];
      for (const event of ['handshake', 'connection', 'error']) {
        server.on(event, (/** @type {any[]} */ ...args) => log.push(event, ...args.map(describeError)));
      }
      const client = await context.open(port);
      client.close(1000);
      const { code } = await client.closed();
      return { code, log };
    },
    expected: { code: 1000, log: [] }
  }
];

contract('handshake', cases);
