// @ts-check
'use strict';

/**
 * The server of a soak, a process of its own (run with --expose-gc and a channel to its parent): it
 * echoes, keeps rooms, broadcasts, asks its clients, and floods those that ask for it. Argument: its io
 * threads. The parent commands `start`, `stop` and `figures`; what goes wrong is reported as a `fault`.
 */

const { setImmediate: turn } = require('node:timers/promises');
const { loadNative } = require('../helpers/implementations');
const { until } = require('../helpers/timing');
const { MAX_PAYLOAD } = require('../hostile/arena');
const { Usage, memoryStatus } = require('../process/support/usage');
const { ROOMS, HANDSHAKE_TIMEOUT, PING_INTERVAL, SILENT_TIMEOUT } = require('./plan');

/** Bytes that may wait for a client. */
const MAX_BUFFERED = 1024 * 1024;

/** What a stalled reader gets, in bytes a message and messages at a time. */
const FLOOD = { size: 64 * 1024, burst: 4 };

/** Time between two broadcasts, in ms. */
const NEWS_INTERVAL = 50;

/** Garbage collections until what can be collected has been. */
const COLLECTIONS = 10;

const { Server } = loadNative();
const server = new Server({
  host: '127.0.0.1',
  port: 0,
  ioThreads: Number(process.argv[2]),
  handshakeTimeout: HANDSHAKE_TIMEOUT,
  pingInterval: PING_INTERVAL,
  responseTimeout: SILENT_TIMEOUT,
  upgradeTimeout: 2000,
  closeTimeout: 1000,
  maxBufferedBytes: MAX_BUFFERED,
  maxPayload: MAX_PAYLOAD,
});

/** Counted since the process began. */
const count = { came: 0, went: 0, sent: 0, settled: 0, invalid: 0, news: 0 };
/** Close codes of the connections that ended. @type {Record<number, number>} */
const codes = {};

/** @param {Record<string, unknown>} message */
const tell = (message) => process.send?.(message);

/** @param {string} text */
const fault = (text) => tell({ fault: `server: ${text}` });

process.on('uncaughtException', (error) => fault(`uncaught ${error.stack}`));
process.on('unhandledRejection', (error) => fault(`unhandled ${error instanceof Error ? error.stack : error}`));

/**
 * Watches a promise that has to settle some day, and what it says when it is rejected.
 * @param {Promise<any>} promise
 * @param {(value: any) => boolean} isRight
 * @param {(error: any) => boolean} [isExpected] Besides the end of the connection.
 */
function watch(promise, isRight, isExpected = () => false) {
  count.sent += 1;
  promise.then(
    (value) => {
      count.settled += 1;
      if (!isRight(value)) fault(`a client answered ${JSON.stringify(value)}`);
    },
    (error) => {
      count.settled += 1;
      if (error.code !== 'scDisconnected' && !isExpected(error)) fault(`a send was rejected: ${error.code} ${error.message}`);
    },
  );
}

/** Sends without end to one that does not read, until it is given up. @param {any} connection */
async function flood(connection) {
  const piece = 'x'.repeat(FLOOD.size);
  for (let number = 0; connection.socket.readyState === connection.socket.OPEN; ) {
    for (let i = 0; i < FLOOD.burst; i++) connection.sendWithoutResponse('flood', [number++, piece]).catch(() => {});
    const waiting = connection.socket.bufferedAmount;
    if (waiting > MAX_BUFFERED + 2 * FLOOD.size) fault(`${waiting} bytes wait for one client`);
    await turn();
  }
}

server.on('error', (/** @type {any} */ error) => fault(`error ${error.message}`));

server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
  if (handshake.payload?.id !== undefined) connection.setId(handshake.payload.id);
  if (handshake.payload?.wait) setTimeout(() => handshake.resolve(), handshake.payload.wait);
  else handshake.resolve();
  connection.on('_disconnected', (/** @type {number} */ code) => (codes[code] = (codes[code] ?? 0) + 1));
});

server.on('connection', (/** @type {any} */ connection) => {
  count.came += 1;
  connection.on('_disconnected', () => {
    count.went += 1;
    if (connection.getRooms().length > 0) fault('a closed connection is in rooms');
  });
  connection.on('_error', () => (count.invalid += 1));
  connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
  connection.on('fail', (/** @type {any} */ message) => message.reject(new Error(message.payload)));
  connection.on('ignored', () => {});
  connection.on('join', (/** @type {any} */ message) => {
    connection.joinRoom(message.payload);
    message.resolve(connection.getRooms());
  });
  connection.on('leave', (/** @type {any} */ message) => {
    connection.leaveRoom(message.payload);
    message.resolve(connection.getRooms());
  });
  connection.on('say', (/** @type {any} */ { payload: [room, number] }) => {
    server.getRoom(room)?.broadcast('said', [room, connection.id, number]);
  });
  connection.on('question', (/** @type {any} */ message) => {
    const [a, b] = message.payload;
    watch(connection.send('sum', [a, b]), (sum) => sum === a + b);
    watch(
      connection.send('refuse', a),
      () => false,
      ({ code, payload }) => code === 'scMessageRejected' && payload.message === String(a),
    );
    message.resolve();
  });
  connection.on('flood', () => flood(connection));
});

setInterval(() => server.server && server.broadcast('news', count.news++), NEWS_INTERVAL).unref();

/** What is left when nobody is there. */
async function rest() {
  await until(() => count.came === count.went && count.sent === count.settled, 'at rest').catch(() => {});
  for (let i = 0; i < COLLECTIONS; i++) {
    global.gc?.();
    await turn();
  }
  return {
    connections: Object.keys(server.getConnections()).length,
    rooms: ROOMS.filter((room) => server.getRoom(room) !== undefined).length,
    pending: count.sent - count.settled,
    unended: count.came - count.went,
    ...new Usage(),
    memory: memoryStatus('VmRSS'),
  };
}

/** @type {Record<string, () => unknown>} */
const commands = {
  start: async () => {
    await server.start();
    // The same from now on.
    server.options.port = server.address().port;
    return server.options.port;
  },
  stop: async () => {
    await server.stop();
    return rest();
  },
  figures: () => ({
    ...count,
    codes,
    connections: server.rooms.root.getConnectionsCount(),
    ...new Usage(),
    memory: memoryStatus('VmRSS'),
    cpu: process.cpuUsage(),
  }),
};

process.on('message', async (/** @type {{command: string}} */ { command }) => {
  tell({ done: command, result: await commands[command]() });
});

// Alone it has nothing to do.
process.on('disconnect', () => process.exit());
