// For `require('line-socket-native/client-node')` where `exports` of package.json are not read.
'use strict';

module.exports = require('./client/node.js');
