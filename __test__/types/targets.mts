/** Rooms as targets: messages to many, questions and their answers, presence, connections by their ids. */

import Server, {
  type Answers, type LineError, type PresenceMember, type RemoteConnection, type ServerConnection, type Target,
} from 'line-socket-native';

interface ClientToServer {
  hello: { payload: string; response: number };
}

interface ServerToClient {
  tick: { payload: number };
  vote: { payload: string; response: boolean };
  reload: {};
}

const server = new Server<ClientToServer, ServerToClient>({ presence: { 'room:*': { leaveDelay: 1000, events: 'each' } } });
declare const connection: ServerConnection<ClientToServer, ServerToClient>;

const room: Target<ServerToClient> = server.room('room:1');
server.room(['a', 'b']).broadcast('tick', 1);
server.everyone.broadcast('reload');
room.broadcast('tick', 1, { except: connection, exceptRooms: ['muted'], local: true });
room.broadcast('tick', 1, { except: [connection, 'id', server.connection('other')] });
server.broadcast('reload', undefined, { except: connection.id });
room.broadcastAsync('tick', 1).then(({ position }) => position satisfies string | undefined);
// @ts-expect-error -- The payload has another type.
room.broadcast('tick', 'x');
// @ts-expect-error -- The payload is missing.
server.everyone.broadcast('tick');
// @ts-expect-error -- There is no such message.
room.broadcast('tock', 1);
// @ts-expect-error -- There is no such option.
room.broadcast('tick', 1, { exept: connection });
// @ts-expect-error -- A number is no connection.
server.broadcast('tick', 1, { except: 5 });

async function ask() {
  const answers: Answers<boolean> = await room.send('vote', 'Tea?', { timeout: 1000, atLeast: 2, except: connection });
  const { responses, errors, silent, missingNodes } = answers;
  responses satisfies Map<string, boolean>;
  errors satisfies Map<string, LineError>;
  [silent, missingNodes] satisfies string[][];
  const ticked = await server.everyone.send('tick', 1);
  ticked.responses satisfies Map<string, undefined>;
  // @ts-expect-error -- The payload has another type.
  await room.send('vote', 5);
  // @ts-expect-error -- There is no such option.
  await room.send('vote', 'Tea?', { timeouts: 5 });
}

async function look() {
  const { members } = await room.fetch({ limit: 5 });
  members satisfies RemoteConnection<ServerToClient>[];
  const [member] = members;
  if (member) {
    member.info satisfies unknown;
    (await member.send('vote', 'Tea?', 500)) satisfies boolean;
    await member.sendWithoutResponse('tick', 1);
    (await member.close(4000, 'bye')).closed satisfies number;
    (await member.fetch()).member?.id satisfies string | undefined;
    // @ts-expect-error -- The payload has another type.
    await member.send('vote', 5);
    // @ts-expect-error -- It has an id of its own.
    member.id = 'x';
  }
  (await room.count()).count satisfies number;
  (await room.join('other')).joined satisfies number;
  (await room.leave('other')).left satisfies number;
  (await room.close()).closed satisfies number;
}

function watch() {
  const presence = room.presence();
  presence.on('join', (member) => member satisfies PresenceMember);
  presence.on('leave', ({ id, info }) => [id satisfies string, info satisfies unknown]);
  presence.on('change', ({ count, joined, left, changed }) => [count + joined + left, changed satisfies PresenceMember[]]);
  presence.list({ limit: 1 }).then(({ members }) => members satisfies PresenceMember[]);
  presence.count().then(({ count }) => count satisfies number);
  // @ts-expect-error -- There is no such member.
  presence.once('join', (member) => member.name);
}

connection.info = { name: 'x' };
connection.setIdAsync('x', { conflict: 'takeover' }).then(() => undefined);
// @ts-expect-error -- There is no such way.
connection.setIdAsync('x', { conflict: 'share' });
// @ts-expect-error -- There are no such events.
new Server({ presence: { room: { events: 'all' } } });

export { ask, look, watch };
