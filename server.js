// For `require('line-socket-native/server')` where `exports` of package.json are not read.
'use strict';

module.exports = require('./lib/index.js');
