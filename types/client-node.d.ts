/** Types of `line-socket-native/client-node` for `require`. */

import LineClient = require('./client.js');

export = LineClient;
