/**
 * Types of `line-socket-native/client-web` for `require`; and of the global `LineClient`, for scripts that say
 * `/// <reference types="line-socket-native/client-web" />`.
 */

import LineClient = require('./client.js');

export = LineClient;
export as namespace LineClient;
