/** The client's types are found by both names without `exports` of package.json. */

import LineClient = require('line-socket-native/client-node');
import WebClient = require('line-socket-native/client-web');
import SameClient = require('line-socket-native/dist/client-node.js');

const client: LineClient = new WebClient('ws://localhost', { reconnect: false });
client.on('_disconnected', ({ code }) => code.toFixed());
// @ts-expect-error -- The types are not `any`.
client.nothing;

// The paths of the original have the same types.
const same: LineClient = new SameClient('ws://localhost');
same.dispose();

export = client;
