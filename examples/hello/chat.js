// @ts-check
'use strict';

/** The chat room of the page: whoever shakes hands with a `nick` is in it. */

/** @typedef {import('line-socket-native')} Server */
/** @typedef {import('line-socket-native').ServerConnection} ServerConnection */

/** What is said. The server keeps the last of it: see `HISTORY`. */
const ROOM = 'chat';
/** Who comes and goes, which nobody wants to be told later. */
const NOTICES = 'notices';

/** Who loses the connection gets what was said meanwhile, for an hour. */
const HISTORY = { [ROOM]: { size: 200, ttl: 60 * 60 * 1000 } };

/** Messages shown to who is new. */
const SHOWN = 20;

const LONGEST_NICK = 24;
const LONGEST_TEXT = 500;

/** Who is called what. @type {WeakMap<ServerConnection, string>} */
const nicks = new WeakMap();

/** @param {Server} server */
function members(server) {
  const connections = server.getRoom(ROOM)?.getConnections() ?? {};
  return Object.values(connections).map((connection) => /** @type {string} */ (nicks.get(connection)));
}

/**
 * Notes the name that a connection asks for in its handshake; without one it stays out of the room.
 * @param {ServerConnection} connection
 * @param {unknown} nick
 * @returns {string | undefined} Why it cannot have that name.
 */
function check(connection, nick) {
  if (nick === undefined) return undefined;
  if (typeof nick !== 'string' || nick.trim() !== nick || nick === '') return 'A name is needed';
  if (nick.length > LONGEST_NICK) return `A name has at most ${LONGEST_NICK} characters`;
  if (members(connection.server).includes(nick)) return `Somebody called ${nick} is here already: take another name`;
  nicks.set(connection, nick);
  return undefined;
}

/**
 * Lets a connection with a name into the room.
 * @param {ServerConnection} connection
 */
function enter(connection) {
  const { server } = connection;
  const nick = nicks.get(connection);
  if (nick === undefined) return;
  connection.joinRoom(NOTICES);
  // Nothing is lost if it has ended already.
  connection.joinRoomAsync(ROOM, { rewind: SHOWN }).catch(() => {});
  const tell = (/** @type {string} */ event) => {
    const room = server.getRoom(NOTICES);
    room?.broadcast(event, nick);
    room?.broadcast('members', members(server).sort());
  };
  tell('joined');

  connection.on('say', (message) => {
    const text = message.payload;
    if (typeof text !== 'string' || text === '' || text.length > LONGEST_TEXT) {
      message.reject(new Error(`A text of 1 to ${LONGEST_TEXT} characters is needed`));
      return;
    }
    server.getRoom(ROOM)?.broadcast('said', { from: nick, text });
    message.resolve();
  });

  // The connection has left its rooms by then.
  connection.on('_disconnected', () => tell('left'));
}

module.exports = { HISTORY, check, enter };
