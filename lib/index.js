// @ts-check
'use strict';

const LineError = require('./line-error.js');
const { Message } = require('./message.js');
const { Server } = require('./server.js');
const { ServerConnection } = require('./connection.js');
const { ServerRoom } = require('./room.js');

// `require` gives the class itself, as with the original; the names make it the module that
// `import Server, { ServerConnection } from …` and transpilers expect.
module.exports = Object.assign(Server, {
  Server,
  ServerConnection,
  ServerRoom,
  Message,
  LineError,
  default: Server,
});
