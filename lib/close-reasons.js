// @ts-check
'use strict';

/** The reasons that the server gives with close codes. Generated from `facts/`: do not edit, run `npm run facts`. */
module.exports = Object.freeze({
  TRY_AGAIN_LATER: 'Message took too long',
  PING_FAILED: 'Ping failed',
  HANDSHAKE_REJECTED: 'Handshake rejected',
  SLOW_CONSUMER: 'Slow consumer',
  RATE_LIMIT: 'Rate limit',
  TAKEN_OVER: 'Taken over',
  TOO_LARGE_FOR_CLIENT: 'Message too large',
});
