// @ts-check
'use strict';

/**
 * The chat room of the page: whoever shakes hands with a `nick` is in it. It is the same room on one server and on
 * several that are joined.
 */

const { randomUUID } = require('node:crypto');

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
const LONGEST_KEY = 100;
const LONGEST_TEXT = 500;

/** How long who has lost the connection stays in the list, in ms. */
const PRESENCE = { [ROOM]: { leaveDelay: 1000 } };

/** Members that are shown. */
const LISTED = 1000;

/**
 * What servers know of a member, besides the id of the connection.
 * @typedef {object} Info
 * @property {string} nick
 * @property {string | undefined} key Made up by the page, and told to no client: who knows it is the same page.
 * @property {string | undefined} node Name of the server that it is connected to.
 * @property {number} since When it came, in ms since 1970.
 */

/**
 * Who is in the chat, on all servers, each name once. A page that has changed to another server may be known twice
 * for some seconds, where it was and where it is.
 * @param {Server} server
 * @returns {Promise<Map<string, Info>>}
 */
async function members(server) {
  const { members: listed } = await server.room(ROOM).presence().list({ limit: LISTED });
  const infos = listed.map(({ info }) => /** @type {Info} */ (info)).sort((a, b) => a.since - b.since);
  return new Map(infos.map((info) => [info.nick, info]));
}

/**
 * Notes the name that a connection asks for in its handshake; without one it stays out of the room.
 * @param {ServerConnection} connection
 * @param {any} payload Of the handshake.
 * @param {string} [node] Name of this server.
 * @returns {Promise<string | undefined>} Why it cannot have that name.
 */
async function check(connection, payload, node) {
  const { nick, key } = payload ?? {};
  if (nick === undefined) return undefined;
  // Names are shown to others: of characters that can be seen, and none that moves the cursor.
  if (typeof nick !== 'string' || nick.trim() !== nick || !/[\p{L}\p{N}\p{P}\p{S}]/u.test(nick) || /\p{Cc}/u.test(nick)) return 'A name is needed';
  if (nick.length > LONGEST_NICK) return `A name has at most ${LONGEST_NICK} characters`;
  if (key !== undefined && (typeof key !== 'string' || key.length > LONGEST_KEY)) return 'That is no key';
  const holder = (await members(connection.server)).get(nick);
  if (holder !== undefined && (key === undefined || holder.key !== key)) {
    return `Somebody called ${nick} is here already: take another name`;
  }
  connection.info = { nick, key, node, since: Date.now() };
  return undefined;
}

/**
 * Lets a connection with a name into the room.
 * @param {ServerConnection} connection
 */
function enter(connection) {
  const { server } = connection;
  const { nick } = /** @type {Partial<Info>} */ (connection.info ?? {});
  if (nick === undefined) return;
  connection.joinRoom(NOTICES);
  // Nothing is lost if it has ended already.
  connection.joinRoomAsync(ROOM, { rewind: SHOWN }).catch(() => {});

  connection.on('say', (message) => {
    const text = message.payload;
    if (typeof text !== 'string' || text === '' || text.length > LONGEST_TEXT) {
      message.reject(new Error(`A text of 1 to ${LONGEST_TEXT} characters is needed`));
      return;
    }
    const said = { id: randomUUID(), from: nick, text };
    server.room(ROOM).broadcast('said', said);
    // Servers that have lost each other keep it until they are joined again. Who is here sees it now.
    if (server.nodes.state === 'down') server.room(NOTICES).broadcast('waiting', said, { local: true });
    message.resolve();
  });
}

/**
 * Tells those on this server who comes and goes, on any server, and whether the servers are joined.
 * @param {Server} server
 */
function tell(server) {
  /** @param {string} event @param {unknown} [payload] */
  const notify = (event, payload) => server.room(NOTICES).broadcast(event, payload, { local: true });
  /** @type {Map<string, Info>} */
  let known = new Map();
  const look = async () => {
    const now = await members(server);
    const before = known;
    known = now;
    for (const nick of now.keys()) if (!before.has(nick)) notify('joined', nick);
    for (const nick of before.keys()) if (!now.has(nick)) notify('left', nick);
    const shown = [...now.values()].map(({ nick, node }) => ({ nick, node }));
    notify('members', shown.sort((a, b) => (a.nick < b.nick ? -1 : 1)));
  };
  // A server that stops has nobody to tell.
  server.room(ROOM).presence().on('change', () => look().catch(() => {}));
  server.nodes.on('_down', () => notify('apart'));
  server.nodes.on('_resumed', () => notify('together'));
}

module.exports = { HISTORY, PRESENCE, check, enter, tell };
