// @ts-check
'use strict';

const { loadBinary } = require('../../../lib/binding/binary.js');

/** Why tests of servers that are joined by Redis are left out; false where they run. @type {string | false} */
const WITHOUT_REDIS = reason();

function reason() {
  if (process.platform !== 'linux') return 'Redis is installed on Linux alone';
  const { prototype } = /** @type {any} */ (loadBinary()).ServerCore;
  return typeof prototype.joinByRedis === 'function' ? false : 'this addon does not join servers by Redis';
}

module.exports = { WITHOUT_REDIS };
