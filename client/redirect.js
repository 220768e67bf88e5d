// @ts-check
'use strict';

const { failure, text } = require('../common/failure.js');
const { ErrorCode } = require('./enums.js');
const { after } = require('./timers.js');

/**
 * @param {string} url Of a WebSocket.
 * @returns {string | undefined} The same for HTTP; undefined when it is another kind of URL.
 */
const ws2http = (url) => (/^wss?:\/\//.test(url) ? `http${url.slice(2)}` : undefined);

/**
 * @param {string} url Of HTTP.
 * @returns {string | undefined} The same for a WebSocket; undefined when it is another kind of URL.
 */
const http2ws = (url) => (/^https?:\/\//.test(url) ? `ws${url.slice(4)}` : undefined);

/**
 * Where a URL leads to when its redirects are followed.
 * @param {string} url
 * @param {number} [timeout] ms
 * @returns {Promise<string>} Rejects when it is not redirected, or there is no answer in time.
 */
async function fetchResponseUrl(url, timeout = 3000) {
  const controller = new AbortController();
  const stop = after(() => controller.abort(new Error(text`No answer in time`)), timeout);
  const response = await fetch(url, { method: 'HEAD', signal: controller.signal }).finally(stop);
  if (!response.redirected) throw new Error(text`Not redirected`);
  return response.url;
}

/**
 * Where a WebSocket is redirected to, which no WebSocket follows itself.
 * @param {string} url
 * @param {readonly string[] | null | undefined} origins That may be redirected to, besides the same host: who gets the handshake
 *   gets its payload, which often is a token.
 * @param {{ws2http: any, http2ws: any, fetchResponseUrl: any}} by The class, whose statics an application
 *   may have replaced.
 * @returns {Promise<string>} Rejects when it is not redirected; with a {@link LineError} when that is not
 *   to be followed.
 */
async function redirectOf(url, origins, by) {
  const target = by.http2ws(await by.fetchResponseUrl(by.ws2http(url)));
  const from = new URL(url);
  const to = new URL(target);
  const isAllowed = to.host === from.host || origins?.some((each) => new URL(each).origin === to.origin);
  // A redirect must not lead from an encrypted connection to one that is not.
  if (isAllowed && ['wss:', from.protocol].includes(to.protocol)) return target;
  throw failure(ErrorCode.WEBSOCKET_ERROR, undefined, text`Not redirected to ${to.origin}: not in "redirectOrigins", or not encrypted`);
}

module.exports = { ws2http, http2ws, fetchResponseUrl, redirectOf };
