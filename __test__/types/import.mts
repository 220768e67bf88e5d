/** Use through `import`, with the messages described: what does not fit them must be an error. */

import Server, { LineError, Message, Server as NamedServer, ServerConnection, ServerRoom } from 'line-socket-native';
import type { ListenOptions, Rooms, ServerOptions, Socket, UpgradeRequest } from 'line-socket-native';
import FromSubpath from 'line-socket-native/server';

interface ClientToServer {
  hello: { payload: { name: string }; response: { hello: string } };
  note: { payload: string };
  bye: {};
}

interface ServerToClient {
  ask: { payload: { question: string }; response: number };
  maybe: { payload?: string; response: boolean };
  tick: {};
}

const options: ServerOptions = { port: 3000 };
const server = new Server<ClientToServer, ServerToClient>(options);
const same: NamedServer<ClientToServer, ServerToClient> = server;
const untyped: FromSubpath = new FromSubpath({ port: 0 });
untyped.on('connection', (connection) => connection.on('anything', (message) => message.resolve(message.payload.x)));

type Connection = ServerConnection<ClientToServer, ServerToClient>;

server.on('connection', (connection) => {
  connection satisfies Connection;

  connection.on('hello', (message) => {
    message satisfies Message<{ name: string }, { hello: string }>;
    message.resolve({ hello: message.payload.name.trim() });
    // @ts-expect-error -- The response has to be of its type.
    message.resolve({ hello: 5 });
    // @ts-expect-error -- The response is missing.
    message.resolve();
    // @ts-expect-error -- The payload has no such property.
    message.payload.age;
  });
  connection.on('note', (message) => {
    message.payload.trim();
    message.resolve();
    // @ts-expect-error -- There is no value to resolve with.
    message.resolve(5);
  });
  connection.on('bye', (message) => message.payload satisfies undefined);
  connection.once(['hello', 'note'], (message) => message.payload satisfies string | { name: string });
  connection.once(['note', /x/], (message) => message.payload.trim());
  connection.on(/^h/, (message: Message) => message.payload.anything);
  connection.on('_error', (error) => (error.code === 'scInvalidJson' ? error.payload : error.message));
  connection.on('_disconnected', (code: number, reason: string) => [code, reason]);
  connection.many('note', 2, (message) => message.payload.trim());
  connection.on('newListener', (name, handler) => [name, handler]);
  // @ts-expect-error -- There is no such message.
  connection.on('hullo', () => {});
  // @ts-expect-error -- Nor in an array.
  connection.on(['note', 'hullo'], () => {});
  // @ts-expect-error -- The handler expects another payload.
  connection.on('note', (message: Message<number>) => message);
  // @ts-expect-error -- The handler gets an error.
  connection.on('_error', (code: number) => code);

  connection.send('ask', { question: 'why' }).then((answer) => answer.toFixed());
  connection.send('ask', { question: 'why' }, 500);
  connection.send('maybe').then((answer) => answer satisfies boolean);
  connection.send('maybe', 'text', 0);
  connection.send('tick', undefined, 100);
  connection.sendWithoutResponse('ask', { question: 'why' });
  connection.sendWithoutResponse('tick');
  // @ts-expect-error -- The payload is missing.
  connection.send('ask');
  // @ts-expect-error -- The payload has another type.
  connection.send('ask', 'why');
  // @ts-expect-error -- There is no such message.
  connection.send('tock');
  // @ts-expect-error -- The timeout is a number.
  connection.send('tick', undefined, 'soon');
  // @ts-expect-error -- It takes no timeout.
  connection.sendWithoutResponse('ask', { question: 'why' }, 500);

  connection.server.broadcast('ask', { question: 'all' });
});

server.on('handshake', (connection, handshake) => {
  connection satisfies Connection;
  handshake.resolve(handshake.payload.anything);
});
// @ts-expect-error -- The event carries a connection.
server.on('connection', (code: number) => code);

server.broadcast('ask', { question: 'all' });
server.broadcast('tick');
// @ts-expect-error -- There is no such message.
server.broadcast('tock');
// @ts-expect-error -- The payload is missing.
server.broadcast('ask');

const room: ServerRoom<ClientToServer, ServerToClient> | undefined = same.getRoom('room');
room?.broadcast('maybe');
room?.getConnections()['id']?.send('maybe');
// @ts-expect-error -- The payload has another type.
room?.broadcast('maybe', 5);

// @ts-expect-error -- A room may be gone.
server.getRoom('room').broadcast('tick');
// @ts-expect-error -- What a message carries is an object with `payload` and `response`.
new Server<{ hello: string }>();
// @ts-expect-error -- Nor is there anything else in it.
new Server<{ hello: { paylaod: string } }>();

const rooms: Rooms<ClientToServer, ServerToClient> = server.rooms;
for (const member of Object.values(rooms.root.getConnections())) {
  rooms.add('room', member);
  const socket: Socket = member.socket;
  const request: UpgradeRequest = socket.upgradeReq;
  // @ts-expect-error -- A header may be missing.
  request.headers['user-agent'].trim();
  // @ts-expect-error -- The address of a Unix domain socket's peer is undefined.
  request.connection.remoteAddress.trim();
  // @ts-expect-error -- The state is only read.
  socket.readyState = 3;
}
// @ts-expect-error -- Only connections are added.
rooms.add('room', 'id');

const listen: ListenOptions = { path: '/tmp/line.sock' };
// Maps may be type aliases, and leave out what is not used.
type OnlyResponse = { count: { response: number }; state: { payload: 'on' | 'off' } };
new Server<OnlyResponse, OnlyResponse>({ listen }).on('connection', (connection) => {
  connection.on('count', (message) => {
    message.payload satisfies undefined;
    message.resolve(5);
    // @ts-expect-error -- The response is missing.
    message.resolve();
  });
  connection.send('count').then((count) => count.toFixed());
  connection.send('state', 'on').then((nothing) => nothing satisfies undefined);
  // @ts-expect-error -- It carries no payload.
  connection.send('count', 1);
  // @ts-expect-error -- The payload is one of two strings.
  connection.sendWithoutResponse('state', 'open');
  // @ts-expect-error -- Events of the class keep their types.
  connection.on('_error', (error: number) => error);
});

class Custom extends Server<ClientToServer, ServerToClient> {
  override async start(): Promise<void> {
    await super.start();
    this.emit('started');
  }
}
new Custom(options).on('started', () => {}).on('connection', (connection) => connection.send('tick'));
