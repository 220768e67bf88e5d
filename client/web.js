// @ts-check
'use strict';

const { Client } = require('./client.js');

module.exports = Object.assign(Client, { LineClient: Client, default: Client });
