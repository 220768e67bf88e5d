// For `require('line-socket-native/client-web')` where `exports` of package.json are not read.
'use strict';

module.exports = require('./dist/client-web.js');
