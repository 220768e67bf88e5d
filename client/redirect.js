// @ts-check
'use strict';

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
  const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(timeout) });
  if (!response.redirected) throw new Error('Not redirected');
  return response.url;
}

/**
 * Where a WebSocket is redirected to, which no WebSocket follows itself.
 * @param {string} url
 * @param {{ws2http: any, http2ws: any, fetchResponseUrl: any}} by The class, whose statics an application
 *   may have replaced.
 * @returns {Promise<string | undefined>} Undefined when it is not to be followed. Rejects when it is not
 *   redirected.
 */
async function redirectOf(url, { ws2http, http2ws, fetchResponseUrl }) {
  const target = http2ws(await fetchResponseUrl(ws2http(url)));
  // Encryption is not given up because somebody says so.
  return url.startsWith('wss:') && !target?.startsWith('wss:') ? undefined : target;
}

module.exports = { ws2http, http2ws, fetchResponseUrl, redirectOf };
