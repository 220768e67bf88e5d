/** The types are found, and are the same by both names, without `exports` of package.json. */

import Server = require('line-socket-native');
import SameServer = require('line-socket-native/server');

const server: Server = new SameServer({ port: 3000 });
server.on('connection', (connection) => connection.socket.upgradeReq.url.trim());
// @ts-expect-error -- The types are not `any`.
server.nothing;

export = server;
