// @ts-check
'use strict';

/** Contract sections 2 and 3, rooms and broadcasts. */

const { contract, ABSENT, CRASHES } = require('../helpers/contract');
const { until } = require('../helpers/timing');

/** @typedef {import('../helpers/context').Context} Context */

/**
 * A server with connected clients named `a`, `b` and `c`, which are also their connection ids.
 *
 * @param {Context} context
 * @returns {Promise<{server: any, port: number, a: Pair, b: Pair, c: Pair, everyone: Pair[]}>}
 * @typedef {import('../helpers/context').Pair} Pair
 */
async function three(context) {
  const target = await context.serve();
  target.server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
    connection.setId(handshake.payload);
    handshake.resolve();
  });
  const a = await context.connect(target, 'a');
  const b = await context.connect(target, 'b');
  const c = await context.connect(target, 'c');
  return { ...target, a, b, c, everyone: [a, b, c] };
}

/** What each client received besides its handshake. @param {Pair[]} everyone */
async function inboxes(everyone) {
  await Promise.all(everyone.map(({ client }) => client.fence()));
  return everyone.map(({ client }) => client.texts.filter((text) => !text.startsWith('{"n":"_r"')));
}

/** Names that mean something to plain objects. */
const AWKWARD = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length', 'caf\u00e9', ' ', '0', '_private'];

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  {
    name: 'joining, listing and leaving',
    run: async (context) => {
      const { a, b, server } = await three(context);
      a.connection.joinRoom('red');
      a.connection.joinRoom('blue');
      a.connection.joinRoom('red');
      b.connection.joinRoom('red');
      const joined = [a.connection.getRooms(), server.getRoomsOf(b.connection), server.getRoom('red').getConnectionsCount()];
      a.connection.leaveRoom('red');
      a.connection.leaveRoom('red');
      a.connection.leaveRoom('never joined');
      return { joined, left: [a.connection.getRooms(), server.getRoom('red').getConnectionsCount()] };
    },
    expected: { joined: [['red', 'blue'], ['red'], 2], left: [['blue'], 1] }
  },
  {
    name: 'a room nobody is in does not exist',
    run: async (context) => {
      const { a, server } = await three(context);
      const before = server.getRoom('red');
      a.connection.joinRoom('red');
      const during = [server.getRoom('red').name, server.rooms.getRoom('red') === server.getRoom('red')];
      a.connection.leaveRoom('red');
      return [before, during, server.getRoom('red'), a.connection.getRooms()];
    },
    expected: [undefined, ['red', true], undefined, []]
  },
  {
    name: 'a room is gone when its last member disconnects',
    run: async (context) => {
      const { a, server } = await three(context);
      a.connection.joinRoom('red');
      a.client.close(1000);
      await until(() => a.connection.state === 'disconnected', 'disconnected');
      return [server.getRoom('red') === undefined, a.connection.getRooms()];
    },
    original: [false, []],
    ours: [true, []]
  },
  {
    name: 'a connection that disconnects leaves its rooms before _disconnected',
    run: async (context) => {
      const { a, b, server } = await three(context);
      /** @type {any[]} */
      const log = [];
      a.connection.joinRoom('red');
      b.connection.joinRoom('red');
      a.connection.on('_disconnected', () => {
        log.push(a.connection.state, a.connection.getRooms(), Object.keys(server.getRoom('red').getConnections()));
        log.push(server.getConnectionById('a'), Object.keys(server.getConnections()));
      });
      a.client.close(1000);
      await until(() => log.length, 'disconnected');
      return log;
    },
    expected: ['disconnected', [], ['b'], undefined, ['b', 'c']]
  },
  {
    name: 'a closed connection joins no room',
    run: async (context) => {
      const { a, server } = await three(context);
      a.client.close(1000);
      await until(() => a.connection.state === 'disconnected', 'disconnected');
      a.connection.joinRoom('red');
      return [server.getRoom('red') === undefined, a.connection.getRooms()];
    },
    original: [false, ['red']],
    ours: [true, []]
  },
  {
    name: 'removeFromAllRooms leaves the connection connected',
    run: async (context) => {
      const { a, b, server } = await three(context);
      for (const room of ['red', 'blue', 'green']) a.connection.joinRoom(room);
      b.connection.joinRoom('blue');
      server.removeFromAllRooms(a.connection);
      return {
        rooms: a.connection.getRooms(),
        blue: Object.keys(server.getRoom('blue').getConnections()),
        connected: server.getConnectionById('a') === a.connection
      };
    },
    expected: { rooms: [], blue: ['b'], connected: true }
  },
  {
    name: 'removeFromAllRooms removes rooms it empties',
    run: async (context) => {
      const { a, server } = await three(context);
      a.connection.joinRoom('red');
      server.removeFromAllRooms(a.connection);
      return server.getRoom('red') === undefined;
    },
    original: false,
    ours: true
  },
  {
    name: 'getConnections is a plain copy by id',
    run: async (context) => {
      const { a, b, c, server } = await three(context);
      a.connection.joinRoom('red');
      const all = server.getConnections();
      const ofRoom = server.getRoom('red').getConnections();
      const same = [all.a === a.connection, all.b === b.connection, all.c === c.connection, ofRoom.a === a.connection];
      const keys = [Object.keys(all), Object.keys(ofRoom)];
      delete all.a;
      delete ofRoom.a;
      return { same, keys, later: [Object.keys(server.getConnections()), Object.keys(server.getRoom('red').getConnections())] };
    },
    expected: { same: [true, true, true, true], keys: [['a', 'b', 'c'], ['a']], later: [['a', 'b', 'c'], ['a']] }
  },
  {
    name: 'getConnectionById finds members only',
    run: async (context) => {
      const { a, b, server } = await three(context);
      a.connection.joinRoom('red');
      const red = server.getRoom('red');
      return [
        red.getConnectionById('a') === a.connection,
        red.getConnectionById('b'),
        server.getConnectionById('b') === b.connection,
        server.getConnectionById('nobody'),
        server.rooms.root.getConnectionById('a') === a.connection
      ];
    },
    expected: [true, undefined, true, undefined, true]
  },
  {
    name: 'the root room holds everyone and has no name',
    run: async (context) => {
      const { server } = await three(context);
      const { root } = server.rooms;
      return [root.name, root.getConnectionsCount(), Object.keys(root.getConnections()), server.getRoom('undefined')];
    },
    expected: [undefined, 3, ['a', 'b', 'c'], undefined]
  },
  {
    name: 'add and remove of a room',
    run: async (context) => {
      const { a, b, server } = await three(context);
      a.connection.joinRoom('red');
      const red = server.getRoom('red');
      const results = [red.add(b.connection), b.connection.getRooms(), red.remove(b.connection), red.remove(b.connection)];
      return [...results, b.connection.getRooms()];
    },
    expected: [undefined, ['red'], true, false, []]
  },
  {
    name: 'awkward names are ordinary rooms',
    run: async (context) => {
      const { a, server, everyone } = await three(context);
      const before = AWKWARD.map((name) => server.getRoom(name));
      for (const name of AWKWARD) a.connection.joinRoom(name);
      for (const name of AWKWARD) server.getRoom(name).broadcast(name);
      const [inbox, ...others] = await inboxes(everyone);
      const rooms = [...a.connection.getRooms()].sort();
      for (const name of AWKWARD) a.connection.leaveRoom(name);
      return { before, rooms, inbox, others, after: [a.connection.getRooms(), AWKWARD.map((name) => server.getRoom(name))] };
    },
    original: ABSENT,
    ours: {
      before: AWKWARD.map(() => undefined),
      rooms: [...AWKWARD].sort(),
      inbox: AWKWARD.map((name) => `{"n":${JSON.stringify(name)}}`),
      others: [[], []],
      after: [[], AWKWARD.map(() => undefined)]
    }
  },
  {
    name: 'a number names the room of its string',
    run: async (context) => {
      const { a, server } = await three(context);
      a.connection.joinRoom(42);
      const seen = [server.getRoom('42') === server.getRoom(42), a.connection.getRooms().map(String)];
      a.connection.leaveRoom('42');
      return [...seen, server.getRoom(42)];
    },
    expected: [true, ['42'], undefined]
  },
  {
    name: 'a broadcast reaches everyone, a room its members only',
    run: async (context) => {
      const { a, b, c, server, everyone } = await three(context);
      a.connection.joinRoom('red');
      b.connection.joinRoom('red');
      b.connection.joinRoom('blue');
      c.connection.joinRoom('blue');
      c.connection.leaveRoom('blue');
      server.broadcast('all', { n: 1 });
      server.getRoom('red').broadcast('red');
      server.rooms.getRoom('blue').broadcast('blue', null);
      server.rooms.root.broadcast('root', 'x');
      return inboxes(everyone);
    },
    expected: [
      ['{"n":"all","p":{"n":1}}', '{"n":"red"}', '{"n":"root","p":"x"}'],
      ['{"n":"all","p":{"n":1}}', '{"n":"red"}', '{"n":"blue","p":null}', '{"n":"root","p":"x"}'],
      ['{"n":"all","p":{"n":1}}', '{"n":"root","p":"x"}']
    ]
  },
  {
    name: 'who joined twice gets a broadcast once',
    run: async (context) => {
      const { a, server, everyone } = await three(context);
      a.connection.joinRoom('red');
      a.connection.joinRoom('red');
      server.getRoom('red').broadcast('once');
      return (await inboxes(everyone))[0];
    },
    expected: ['{"n":"once"}']
  },
  {
    name: 'broadcast returns undefined, also to nobody',
    run: async (context) => {
      const { server } = await context.serve();
      return [server.broadcast('all'), server.rooms.root.broadcast('all')];
    },
    expected: [undefined, undefined]
  },
  {
    name: 'a broadcast passes over a connection that is closing',
    run: async (context) => {
      const { a, server, everyone } = await three(context);
      a.client.answersClose = false;
      a.connection.close(4000);
      await a.client.closeFrame();
      server.broadcast('all');
      const [, ...others] = everyone;
      return [await inboxes(others), a.client.texts.length];
    },
    expected: [[['{"n":"all"}'], ['{"n":"all"}']], 1]
  },
  {
    name: 'a room joined in the handshake listener stays joined',
    run: async (context) => {
      const target = await context.serve();
      target.server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
        connection.joinRoom('early');
        handshake.resolve();
      });
      const { client, connection } = await context.connect(target);
      target.server.getRoom('early').broadcast('hello');
      return [(await client.message()).text, connection.getRooms()];
    },
    expected: ['{"n":"hello"}', ['early']]
  },
  {
    name: 'joining a room named constructor does not throw in a listener',
    run: async (context) => {
      const { client, connection } = await context.pair({ pingInterval: 0 });
      connection.on('join', (/** @type {any} */ message) => {
        connection.joinRoom(message.payload);
        message.resolve(connection.getRooms());
      });
      return (await client.request('join', 'constructor')).message.p;
    },
    original: CRASHES,
    ours: ['constructor']
  }
];

contract('rooms', cases);
