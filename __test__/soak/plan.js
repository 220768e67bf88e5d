// @ts-check
'use strict';

/** What the server and the clients of a soak have agreed on. */

/** Names of all rooms. */
const ROOMS = Array.from({ length: 20 }, (_, index) => `room ${index}`);

/** Time until a client without a handshake is closed, in ms. */
const HANDSHAKE_TIMEOUT = 2000;

/** Silence after which a client is pinged, in ms. */
const PING_INTERVAL = 2000;

/** Time for the answer to a ping or a question, in ms: a busy machine must not pass for a silent peer. */
const SILENT_TIMEOUT = 10000;

/** Visits that last a certain time at least, by behaviour, in ms: they come to no end when the server runs for less. */
const DURATIONS = { hesitate: HANDSHAKE_TIMEOUT, fallSilent: PING_INTERVAL + SILENT_TIMEOUT };

module.exports = { ROOMS, HANDSHAKE_TIMEOUT, PING_INTERVAL, SILENT_TIMEOUT, DURATIONS };
