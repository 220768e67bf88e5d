/** Types of `line-socket-native/client-node` for `require`. */

import LineClient = require('./types/client.js');

export = LineClient;
