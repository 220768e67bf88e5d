// @ts-check
'use strict';

/** Joining is authorised: clients name a room, and the application decides who may be in it. */

const Server = require('line-socket-native');
const { userOf } = require('./user.js');

/**
 * @typedef {object} ToServer
 * @property {{payload: unknown}} join The name of a project.
 * @property {{payload: unknown}} leave The same.
 * @property {{payload: any}} say `{ project, text }`.
 *
 * @typedef {object} ToClient
 * @property {{payload: {by: string, project: string, text: string}}} said
 */

/** Stands for a database: who works on which project. @type {Map<unknown, string[]>} */
const PROJECTS = new Map([['apollo', ['ada', 'bob']], ['gemini', ['ada']]]);

const port = Number(process.env.PORT || 3000);
/** @type {Server<ToServer, ToClient>} */
const server = new Server({ port });

server.on('handshake', (connection, handshake) => {
  const user = userOf(handshake.payload);
  if (user === undefined) {
    handshake.reject(new Server.Error('unauthorized', 'Who are you?'));
    return;
  }
  connection.info = { user };
  handshake.resolve(user);
});

server.on('connection', (connection) => {
  const { user } = /** @type {{user: string}} */ (connection.info);

  connection.on('join', (message) => {
    // One answer for both, or clients could find out which projects there are.
    if (!PROJECTS.get(message.payload)?.includes(user)) {
      message.reject(new Server.Error('noSuchProject', 'There is no such project, or you are not in it'));
      return;
    }
    connection.joinRoom(`project:${message.payload}`);
    message.resolve();
  });

  connection.on('leave', (message) => {
    if (PROJECTS.has(message.payload)) connection.leaveRoom(`project:${message.payload}`);
    message.resolve();
  });

  connection.on('say', (message) => {
    const { project, text } = message.payload ?? {};
    if (typeof project !== 'string' || typeof text !== 'string') return;
    // Only who is in a room may speak there.
    if (!connection.getRooms().includes(`project:${project}`)) return;
    server.room(`project:${project}`).broadcast('said', { by: user, project, text });
  });
});

server.start().then(() => console.log(`Listening on port ${port}`));
