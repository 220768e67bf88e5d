/** Use through `require`, untyped as the original: nothing the documentation shows may be an error. */

import Server = require('line-socket-native');
import SameServer = require('line-socket-native/server');

const server: Server = new SameServer({ port: 3000 });

server.on('connection', (connection) => {
  connection.on('hello', (message) => {
    message.payload.anything.at.all;
    message.resolve({ hello: 'yourself' });
    message.resolve();
    message.reject(new Error('no'));
    message.reject();
    message.once('resolved', (payload) => payload.x).once('rejected', (err) => err.y);
    const id: string | undefined = message.id;
    return id;
  });
  connection.on('_disconnected', (code, reason) => [code.toFixed(), reason.trim()]);
  connection.on('_error', (error) => error.message);
  connection.on(/^chat/, (message) => message.resolve(1));
  connection.on(['a', 'b'], [(message) => message.payload, () => 1]);
  connection.on(['a', /b/], (message) => message.resolve()).once([/c/, /d/], (message) => message.payload);
  connection.send_ = (message, timeout) => Promise.resolve([message.name, timeout]);
  connection.once('x', async (message) => void message.resolve());
  connection.many('x', 3, (message) => message.payload);
  connection.prependListener('x', () => {}, 2).prependOnceListener('y', () => {}).prependManyListener('z', 2, () => {});
  connection.on('x', function () {
    const calls: number = this.execCount;
    return [calls, this.event.name, this.eventName];
  });

  connection.send('hello', { optional: 'payload' }).then((data) => data.whatever);
  connection.send('hello');
  connection.send('hello', undefined, 500).catch((err: Server.LineError) => err.code === Server.Connection.ErrorCode.MESSAGE_TIMEOUT);
  connection.sendWithoutResponse('hello', [1]).then((nothing) => nothing satisfies void);
  connection.ping().then((pong) => pong.length);
  connection.close().then(() => connection.close(4000, 'reason', 50));
  connection.joinRoom('room');
  connection.leaveRoom('room');
  connection.getRooms().includes('room');

  const { upgradeReq, readyState } = connection.socket;
  const address: string | undefined = upgradeReq.connection.remoteAddress ?? upgradeReq.socket.remoteAddress;
  upgradeReq.headers['user-agent']?.trim();
  connection.socket.close(4000, 'bye').then(() => connection.socket.terminate());
  // @ts-expect-error -- The server has no sockets that are still connecting.
  readyState === connection.socket.OPEN || readyState === 0;
  if (connection.state === Server.Connection.State.CONNECTED && readyState === 1) connection.server.broadcast('in', address);

  // @ts-expect-error -- The id is set with setId.
  connection.id = 'other';
  // @ts-expect-error -- There is no such state.
  connection.state === 'open';
  // @ts-expect-error -- A name is a string or pattern.
  connection.on(5, () => {});
  // @ts-expect-error -- A handler is a function.
  connection.on('x', 'y');
  // @ts-expect-error -- The code comes first, and is a number.
  connection.on('_disconnected', (reason: string) => reason);
});

server.on(Server.Event.HANDSHAKE, (connection, handshake) => {
  if (handshake.payload?.authToken !== 'secret') return handshake.reject(new Error('Invalid auth token'));
  connection.setId('someone');
  return handshake.resolve({ welcome: true });
});
server.on('headers', (headers) => headers.push('X-Header: 1'));
server.on('error', (error) => error.stack);
server.on('an event of the application', (one, two) => [one, two]);
server.emit('an event of the application', 1, 2) satisfies any[] | false;
server.emitAsync(['a', 'b']).then((results) => results.length);
server.setMaxListeners(0).getMaxListeners().toFixed();
server.removeAllListeners().removeListener('x', () => {});
Server.defaultMaxListeners = 20;

async function lifecycle(): Promise<number | undefined> {
  await server.start();
  const address = server.address();
  const port = typeof address === 'string' ? undefined : address?.port;
  server.options.responseTimeout = 5;
  server.getRoom('room')?.broadcast('hello', 1);
  server.rooms.getRoom('room')?.name?.trim();
  // @ts-expect-error -- The address may be a path.
  server.server?.address()?.port;
  for (const connection of Object.values(server.getConnections())) server.removeFromAllRooms(connection);
  const found: Server.ServerConnection | undefined = server.rooms.root.getConnectionById('id');
  if (found) server.getRoomsOf(found).concat(String(server.rooms.root.getConnectionsCount()));
  await server.stop();
  return port;
}

// A helper for connections of any server takes those of a typed one, and the other way round.
const greet = (connection: Server.Connection) => connection.send('hello');
const typed = new Server<{ a: { payload: number } }, { hello: { payload?: string; response: number } }>();
typed.on('connection', (connection) => void greet(connection));

const options: Server.ServerOptions = {
  host: '127.0.0.1', port: 0, path: '/x', backlog: 10, maxPayload: 1024, responseTimeout: 0, handshakeTimeout: 1,
  pingInterval: 1, closeTimeout: 1, upgradeTimeout: 1, clientTracking: true, maxBufferedBytes: 1, slowConsumer: 'drop', errors: 'public',
  noServer: false, perMessageDeflate: {
    threshold: 0, serverNoContextTakeover: false, clientMaxWindowBits: 9, zlibDeflateOptions: { level: 1 },
  },
  verifyClient: (info, callback) => callback(info.secure, 401, info.req.url + info.origin),
  handleProtocols: (protocols) => protocols[0] ?? false,
};
new Server.Server({ ...options, verifyClient: ({ origin }) => origin === 'https://example.org' });
new Server.default();
new Server();
new Server({ port: process.env['PORT'], host: undefined, maxPayload: null });
new Server({ listen: { path: '/tmp/line.sock' } });
new Server({ listen: { path: '/tmp/line.sock', mode: 0o660 }, ipv6Only: true, reusePort: false });
const origins = ['https://example.com'] as const;
const policy = new Server({ port: 0, allowedOrigins: origins, requireOrigin: true, protocols: ['v2'] });
policy.options.allowedOrigins = [...(policy.options.allowedOrigins ?? []), 'https://example.org'];
for (const trustProxy of [true, 1, 'loopback', ['10.0.0.0/8']]) new Server({ trustProxy, proxyHeaders: 'forwarded' });
policy.on('connection', ({ socket: { upgradeReq } }) => upgradeReq.connection.proxyAddress?.length);

Object.assign(new Error('x'), { [Server.LineError.PUBLIC]: true });
class Shown extends Error {
  get [Server.LineError.PUBLIC](): boolean { return true; }
}
void Shown;

// @ts-expect-error -- Milliseconds are numbers.
new Server({ responseTimeout: '5' });
// @ts-expect-error -- Origins are strings: what else decides, does so in verifyClient.
new Server({ allowedOrigins: [/example/] });
// @ts-expect-error -- There are two kinds of headers.
new Server({ proxyHeaders: 'x-real-ip' });
// @ts-expect-error -- There is no such policy.
new Server({ slowConsumer: 'wait' });
// @ts-expect-error -- A time that every server has cannot be unset.
new Server({ responseTimeout: null });
// @ts-expect-error -- It is an option of ws's clients.
new Server({ perMessageDeflate: { isServer: true } });
// @ts-expect-error -- A server listens by itself.
new Server({ server: {} });
// @ts-expect-error -- A Unix domain socket has a path.
new Server({ listen: {} });
// @ts-expect-error -- There is no such option.
new Server({ prot: 3000 });
new Server({ verifyClient: async () => false });
// @ts-expect-error -- Connections are made by the server.
new Server.ServerConnection();
// @ts-expect-error -- The enums do not change.
Server.ErrorCode.INVALID_ACTION = 'other';

const error = new Server.LineError('code', 'message', { any: 1 });
const sameError: Server.Error = new Server.Error('code', 'message');
const isError: boolean = error instanceof Error && sameError.payload.x;
const room: typeof Server.Room = Server.ServerRoom;
const literals: ['scIdleTimeout', 'sInvalidOptions', '_r', 'mMissingId', '_error'] = [
  Server.ServerConnection.ErrorCode.IDLE_TIMEOUT, Server.ErrorCode.INVALID_OPTIONS, Server.Message.Name.RESPONSE,
  Server.Message.ErrorCode.MISSING_ID, Server.Connection.Event.ERROR,
];
const message = new Server.Message({ name: 'x', payload: { a: 1 } });
const text: string = message.payload.a.toFixed() + message.setId() + message.createResponse(null, 1).toString();
Server.Message.parse(text).dispose();
Server.Message.ReservedNames.includes('_r');

export = { lifecycle, isError, room, literals };
