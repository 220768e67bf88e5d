/** Types of `line-socket-native/client-web` for `require`. */

import LineClient = require('./types/client.js');

export = LineClient;
