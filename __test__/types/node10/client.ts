/** The client's types are found by both names without `exports` of package.json. */

import LineClient = require('line-socket-native/client-node');
import WebClient = require('line-socket-native/client-web');

const client: LineClient = new WebClient('ws://localhost', { reconnect: false });
client.on('_disconnected', ({ code }) => code.toFixed());
// @ts-expect-error -- The types are not `any`.
client.nothing;

export = client;
