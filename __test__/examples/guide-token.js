// @ts-check
'use strict';

const { createHmac } = require('node:crypto');

/** A token of the guide on authentication. @param {string} user */
function token(user) {
  return `${user}:${createHmac('sha256', 'for this example only').update(user).digest('base64url')}`;
}

module.exports = { token };
