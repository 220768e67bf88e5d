// @ts-check
'use strict';

/** What messages between processes that are ours have them under. */
const KEY = 'line-socket-native';

module.exports = { KEY };
