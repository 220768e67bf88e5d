/** What applications write around the classes: functions generic over names of messages, and errors by their codes. */

import Server, {
  LineError, type ConnectionErrorCode, type LineErrorCode, type Message, type MessageErrorCode, type MessageMap,
  type MessageName, type PayloadOf, type ResponseOf, type ServerConnection, type ServerRoom, type ValueArgs,
} from 'line-socket-native';
import LineClient, { type ClientErrorCode, type MessageName as ClientMessageName } from 'line-socket-native/client-node';

interface ClientToServer {
  hello: { payload: { name: string }; response: { hello: string } };
  note: { payload: string };
  count: { response: number };
  bye: {};
}

interface ServerToClient {
  tick: { payload: number };
  ask: { payload?: string; response: boolean };
  reload: {};
}

type Connection = ServerConnection<ClientToServer, ServerToClient>;
type Room = ServerRoom<ClientToServer, ServerToClient>;
type Client = LineClient<ClientToServer, ServerToClient>;

// Generic over names.
function ask<K extends MessageName<ServerToClient>>(
  connection: Connection, name: K, payload: PayloadOf<ServerToClient[K]>,
): Promise<ResponseOf<ServerToClient[K]>> {
  return connection.send(name, payload, 500);
}
function askAny<K extends keyof ServerToClient>(connection: Connection, name: K, ...args: ValueArgs<PayloadOf<ServerToClient[K]>>) {
  return connection.send(name, ...args);
}
function tell<K extends MessageName<ServerToClient>>(to: Connection | Room, name: K, payload: PayloadOf<ServerToClient[K]>) {
  if ('broadcast' in to) to.broadcast(name, payload);
  else void to.sendWithoutResponse(name, payload);
}
function handle<K extends MessageName<ClientToServer>>(
  connection: Connection,
  name: K,
  handler: (payload: PayloadOf<ClientToServer[K]>, connection: Connection) =>
    ResponseOf<ClientToServer[K]> | Promise<ResponseOf<ClientToServer[K]>>,
): void {
  connection.on(name, async (message) => {
    message.resolve(await handler(message.payload, connection));
  });
  connection.once(name, (message: Message<PayloadOf<ClientToServer[K]>, ResponseOf<ClientToServer[K]>>) => message.payload);
}
async function request<K extends ClientMessageName<ClientToServer>>(client: Client, name: K, payload: PayloadOf<ClientToServer[K]>) {
  const response: ResponseOf<ClientToServer[K]> = await client.send(name, payload, { timeout: 5 });
  await client.sendWithoutResponse(name, payload);
  return response;
}

declare const connection: Connection;
declare const room: Room;
declare const client: Client;
ask(connection, 'ask', 'x').then((answer) => answer satisfies boolean);
ask(connection, 'tick', 5).then((answer) => answer satisfies undefined);
askAny(connection, 'ask').then((answer) => answer satisfies boolean);
askAny(connection, 'tick', 5);
tell(connection, 'tick', 1);
tell(room, 'reload', undefined);
handle(connection, 'hello', ({ name }) => ({ hello: name }));
handle(connection, 'count', async () => 5);
handle(connection, 'note', (note) => void note.trim());
request(client, 'hello', { name: 'x' }).then(({ hello }) => hello.trim());
// @ts-expect-error -- The payload has another type.
ask(connection, 'tick', 'x');
// @ts-expect-error -- The payload is missing.
askAny(connection, 'tick');
// @ts-expect-error -- There is no such message.
ask(connection, 'tock', 1);
// @ts-expect-error -- The response has another type.
handle(connection, 'count', () => 'five');
// @ts-expect-error -- Clients do not send this.
handle(connection, 'tick', () => {});

// Generic over the maps as well.
class Hub<In extends MessageMap<In>, Out extends MessageMap<Out>> {
  constructor(readonly server: Server<In, Out>) {}

  all<K extends MessageName<Out>>(name: K, payload: PayloadOf<Out[K]>) {
    this.server.broadcast(name, payload);
    this.server.getRoom('x')?.broadcast(name, payload);
  }

  async each<K extends MessageName<Out>>(name: K, payload: PayloadOf<Out[K]>): Promise<ResponseOf<Out[K]>[]> {
    const connections: ServerConnection<In, Out>[] = Object.values(this.server.getConnections());
    return Promise.all(connections.map((each) => each.send(name, payload)));
  }

  handle<K extends MessageName<In>>(name: K, handler: (payload: PayloadOf<In[K]>) => ResponseOf<In[K]>) {
    this.server.on('connection', (each) => {
      each.on(name, (message) => message.resolve(handler(message.payload)));
      each.on('_error', (error) => error.code);
    });
  }
}
const hub = new Hub(new Server<ClientToServer, ServerToClient>());
hub.all('tick', 1);
hub.each('ask', 'x').then(([answer]) => answer?.valueOf());
hub.handle('hello', ({ name }) => ({ hello: name }));
// @ts-expect-error -- The payload has another type.
hub.all('tick', 'x');

// A table of handlers.
type Handlers = { [K in MessageName<ClientToServer>]: (payload: PayloadOf<ClientToServer[K]>) => ResponseOf<ClientToServer[K]> };
const handlers: Handlers = { hello: ({ name }) => ({ hello: name }), note: () => undefined, count: () => 1, bye: () => undefined };
function register<K extends MessageName<ClientToServer>>(name: K) {
  const handler: Handlers[K] = handlers[name];
  connection.on(name, (message) => message.resolve(handler(message.payload)));
}
(Object.keys(handlers) as MessageName<ClientToServer>[]).forEach((name) => register(name));

// Errors by their codes.
connection.on('_error', (e) => e.code);
connection.on('_error', ({ code, payload, message }) => {
  code satisfies ConnectionErrorCode | MessageErrorCode;
  switch (code) {
    case 'scInvalidJson': return payload;
    case Server.Connection.ErrorCode.MESSAGE_NOT_RESPONDED: return message;
    // @ts-expect-error -- There is no such code.
    case 'scInvalidJSON': return undefined;
    default: return code;
  }
});
client.on('_error', (e) => e.code satisfies ClientErrorCode | MessageErrorCode);
client.on('_connecting_error', (e) => e.code === 'cHandshakeRejected');
// @ts-expect-error -- There is no such code.
client.on('_error', (e) => e.code === 'cMessageTimedOut');
new Server().on('error', (e) => e.code);
new Server().on('connection', (untyped) => untyped.on('_error', (e) => e.code satisfies ConnectionErrorCode | MessageErrorCode));

async function caught(): Promise<string | undefined> {
  try {
    await connection.send('ask');
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    const code: LineErrorCode | (string & {}) = error.code;
    if (code === 'forbidden') return undefined;
    if (error.code === 'scMessageRejected') return error.payload.message;
    if (error.code === 'sInvalidOptions') return error.code.trim();
  }
  return undefined;
}

class Forbidden extends LineError<'forbidden'> {
  constructor() {
    super('forbidden', 'You may not', { why: 5 });
  }
}
new Forbidden().code satisfies 'forbidden';
class Plain extends LineError {
  constructor() {
    super('plain');
  }
}
const plain: unknown = new Plain();
if (plain instanceof Plain) plain.code.trim();
new LineError('mine').code satisfies 'mine';
const any: LineError = new LineError('mine');
const own: Server.LineError<'mine'> = new Server.LineError('mine');

async function scoped() {
  await using server = new Server({ port: 0 });
  await server.start();
  await server[Symbol.asyncDispose]();
}

export { any, caught, own, scoped };
