// @ts-check
'use strict';

const { Client } = require('./client.js');

module.exports = Client;
