// @ts-check
'use strict';

/** A vote: everyone in the room is asked, and the answers are counted. Who says nothing within the time abstains. */

const Server = require('line-socket-native');

/**
 * @typedef {object} ToServer
 * @property {{payload: unknown, response: {yes: number, no: number, abstained: number}}} call A question.
 *
 * @typedef {object} ToClient
 * @property {{payload: string, response: boolean}} vote
 */

/** Milliseconds for a vote. */
const TIME = 5000;

const port = Number(process.env.PORT || 3000);
/** @type {Server<ToServer, ToClient>} */
const server = new Server({ port });
let isVoting = false;

server.on('connection', (connection) => {
  connection.joinRoom('lobby');

  connection.on('call', async (message) => {
    const question = message.payload;
    if (typeof question !== 'string' || question.length > 200) {
      message.reject(new Server.Error('badQuestion', 'A question is a text of at most 200 characters'));
      return;
    }
    // Each vote is a message to everyone in the room: one client must not call a thousand.
    if (isVoting) {
      message.reject(new Server.Error('busy', 'There is a vote already'));
      return;
    }
    isVoting = true;
    try {
      const { responses, errors, silent } = await server.room('lobby').send('vote', question, { timeout: TIME });
      const votes = [...responses.values()];
      // Members can answer anything.
      const yes = votes.filter((vote) => vote === true).length;
      message.resolve({ yes, no: votes.length - yes, abstained: errors.size + silent.length });
    } catch (error) {
      message.reject(error);
    } finally {
      isVoting = false;
    }
  });
});

server.start().then(() => console.log(`Listening on port ${port}`));
