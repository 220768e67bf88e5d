// @ts-check
'use strict';

/** Unknown options: misspelt ones are refused, others cause a warning. */

const LineError = require('../../common/line-error.js');
const { ServerErrorCode } = require('../enums.js');

/** Names of these options in other WebSocket servers, and other common names. */
const SYNONYMS = new Map(
  Object.entries({
    tls: 'ssl https key cert ca certificate privatekey secure wss',
    host: 'hostname address bind ip',
    listen: 'unix socketpath unixsocket',
    server: 'httpserver httpsserver',
    ioThreads: 'threads workers',
    maxPayload: 'maxmessagesize maxmessagelength maxmessagebytes maxhttpbuffersize maxreceivedmessagesize maxreceivedframesize',
    maxConnections: 'maxclients maxsockets connectionlimit',
    maxBufferedBytes: 'maxbackpressure backpressurelimit maxbufferedamount',
    messagesPerSecond: 'ratelimit maxmessagespersecond',
    allowedOrigins: 'origin origins cors checkorigin',
    protocols: 'subprotocol subprotocols',
    perMessageDeflate: 'compression compress deflate permessagedeflateoptions',
    pingInterval: 'heartbeat heartbeatinterval keepalive keepaliveinterval idletimeout',
    responseTimeout: 'timeout sendtimeout messagetimeout pingtimeout acktimeout',
    trustProxy: 'trustedproxies proxy proxies',
    verifyClient: 'authenticate authorize allowrequest',
  }).flatMap(([name, others]) => others.split(' ').map((other) => /** @type {[string, string]} */ ([other, name]))),
);

/** Options for which this process has emitted a warning. @type {Set<string>} */
const warned = new Set();

/** @param {string} name As it may be spelt by others: `max_payload`, `Max-Payload`. */
function plain(name) {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/**
 * How many letters must be added, left out, replaced, or swapped with the next one, to make one name
 * of the other.
 * @param {string} a
 * @param {string} b
 */
function distance(a, b) {
  /** @type {number[]} */
  let before = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const differs = Number(a[i - 1] !== b[j - 1]);
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + differs);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}

/**
 * The known name that was probably meant.
 * @param {string} name Not known.
 * @param {readonly string[]} known
 * @returns {string | undefined} Undefined when it resembles none.
 */
function nearestName(name, known) {
  const given = plain(name.slice(0, 64));
  const synonym = SYNONYMS.get(given);
  if (synonym !== undefined && known.includes(synonym)) return synonym;
  const [nearest] = known
    .map((each) => ({ each, steps: distance(given, plain(each)) }))
    .sort((a, b) => a.steps - b.steps);
  // A third of the letters may differ; one of short names, such as `prot` for `port`.
  const longest = Math.max(given.length, plain(nearest.each).length);
  return nearest.steps <= Math.max(1, Math.floor(longest / 3)) ? nearest.each : undefined;
}

/**
 * @param {string} path Of the object with the options, such as `options` or `options.tls`.
 * @param {string} name
 * @param {readonly string[]} known
 * @returns {LineError} `sInvalidOptions`
 */
function unknownOption(path, name, known) {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean "${nearest}"?`;
  return new LineError(ServerErrorCode.INVALID_OPTIONS, `"${path}.${name}" is not supported; ${hint}`);
}

/**
 * Refuses unknown names in an object where applications have no properties of their own.
 * @param {string} path Of the object.
 * @param {object} given
 * @param {readonly string[]} known
 * @throws {LineError} `sInvalidOptions`, naming the nearest one.
 */
function refuseUnknown(path, given, known) {
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw unknownOption(path, name, known);
  }
}

/**
 * @param {string} name Of an option that has no effect.
 * @param {string} why
 */
function warnOnce(name, why) {
  if (warned.has(name)) return;
  warned.add(name);
  process.emitWarning(`The option "${name}" of the line server has no effect: ${why}`, { code: 'LINE_UNKNOWN_OPTION' });
}

module.exports = { nearestName, refuseUnknown, unknownOption, warnOnce };
