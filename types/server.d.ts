/** Types of `line-socket-native/server` where `exports` of package.json are not read. */

import Server = require('../index.js');

export = Server;
