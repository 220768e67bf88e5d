/** Use of the client through `require`. */

import LineClient = require('line-socket-native/client-node');
import WebClient = require('line-socket-native/client-web');
import SameClient = require('line-socket-native/dist/client-node.js');

const client: LineClient = new LineClient('ws://localhost', { reconnect: false });
client.on('_connected', (payload) => payload.anything);
const options: LineClient.ClientOptions = { pingInterval: 0 };
const web = new WebClient<{ x: { payload: number } }>('ws://localhost', options);
web.send('x', 5);
// @ts-expect-error -- The payload has another type.
web.send('x', 'five');

// The paths of the original have the same types.
const same: LineClient = new SameClient('ws://localhost');
same.dispose();

export = client;
