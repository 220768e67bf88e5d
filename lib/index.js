// @ts-check
'use strict';

const LineError = require('../common/line-error.js');
const { Message } = require('./connection/message.js');
const { Server } = require('./server/server.js');
const { ServerConnection } = require('./connection/connection.js');
const { ServerRoom } = require('./rooms/room.js');

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
