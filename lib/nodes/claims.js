// @ts-check
'use strict';

/** Ids of connections that other servers claim by `setIdAsync`. */

const { giveUp } = require('../connection/leaving.js');
const { TAKEN_OVER } = require('../close-codes.js');
const { kInbox, kNative } = require('../symbols.js');

/**
 * Another server claims an id.
 * @param {import('../server/server.js').Server} server
 * @param {{isLost: boolean} | undefined} own The claim of this server for the same id, if there is one.
 * @param {boolean} isFirst Whether this server gets an id that both claim at the same time.
 * @param {{id: string, conflict: string}} claim
 * @returns {boolean} Whether the id is taken here.
 */
function onClaim(server, own, isFirst, { id, conflict }) {
  if (own !== undefined) {
    own.isLost ||= !isFirst;
    return isFirst;
  }
  const slot = server[kNative].holderOf(String(id));
  const holder = slot < 0 ? undefined : server[kInbox].connections[slot];
  if (holder === undefined) return false;
  if (conflict !== 'takeover') return true;
  giveUp(holder);
  holder.close(TAKEN_OVER, 'Taken over');
  return false;
}

module.exports = { onClaim };
