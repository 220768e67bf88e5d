// @ts-check
'use strict';

/** Test files that do not run under Wine, and why. @type {{files: RegExp, why: string}[]} */
const APART = [
  {
    files: /browser\/|docs\/|guides|readme|examples\/|package\/|release\/|deploy\/|types\/|reference\/|\/alone\.test/,
    why: 'they test documents, packages and examples with programs that are not there for Windows',
  },
  { files: /conformance\/|soak\/|chaos\/|original\/|deflate\/others/, why: 'they start programs that are not there for Windows' },
  { files: /bench\//, why: 'the benchmark is for Linux' },
  { files: /__test__\/cluster\//, why: 'they need a Redis server, or workers of `cluster`' },
  { files: /deadlines|limits\/rates|process\/(clock|fairness)/, why: 'they bound times, and Wine is slow' },
  { files: /process\/(descriptors|flood|garbage|idle-memory|io-threads|restart|slow-consumer)/, why: 'they read /proc, and are for Linux' },
  { files: /loader\/missing-binary/, why: 'it makes symbolic links, which Wine cannot' },
  { files: /loader\/electron/, why: "it copies this machine's binary, and bundles by a program that is not there for Windows" },
  { files: /platforms\/files/, why: 'it tests the commands that run these tests, which are for Linux' },
  { files: /rooms\/returning/, why: 'it measures how soon a thousand clients are served, and takes more than four minutes under Wine' },
  { files: /client\/builds/, why: 'it calls npm' },
];

const SLOW = 'took longer than the 20 seconds of the test under Wine, beside other work; not tried alone';
const RESET = 'Wine does not tell the server of a reset behind bytes that it does not read, so that the place is not free; not tried on Windows';
const FETCH = "`fetch` gets no answer under Wine, so that redirects are not followed";

/**
 * Tests that fail, by file and name, and why.
 * @type {Record<string, Record<string, string>>}
 */
const LISTED = {
  '__test__/attach/http-server.test.js': {
    'closing the HTTP server leaves connections alone': 'sockets are piped on Windows, and the HTTP server waits for them',
  },
  '__test__/client/contract/reconnect.test.js': {
    'redirects are followed by the next attempt, when asked for': FETCH,
  },
  '__test__/client/redirect.test.js': {
    'to another origin are not followed: the payload of the handshake stays here, and _error says so': FETCH,
    'to an origin that the option names are': FETCH,
    'on the same host are': FETCH,
  },
  '__test__/client/limits.test.js': {
    'has an option, which is live; 0 is no limit':
      "`JSON.stringify` of Node for Windows takes 1,350 levels (Node for Linux more than 3,000), and the test's listener answers with 2,500",
  },
  '__test__/process/order.test.js': {
    'are answered in order, none lost, by handlers that answer at once': SLOW,
    'are answered in order, none lost, by handlers that answer later': SLOW,
  },
  '__test__/process/verdict.test.js': {
    'at its own port': RESET,
    'at its own port with TLS': RESET,
    'at a duplex of another kind': RESET,
  },
  '__test__/rooms/asking.test.js': {
    'costs the JavaScript thread one event for each question': SLOW,
  },
  '__test__/process/start-failure.test.js': {
    "fe80::1%4294967296: as Node's own server reports it": 'Node for Windows takes a scope of more than 32 bits for another one (EADDRNOTAVAIL), and here it is invalid (EINVAL)',
  },
  '__test__/limits/draining.test.js': {
    'an exception of a listener reaches uncaughtException and stops nothing': 'the test ends its child by a signal, which Wine does not have',
  },
};

module.exports = { APART, LISTED };
