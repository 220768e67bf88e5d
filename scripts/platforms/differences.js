// @ts-check
'use strict';

/**
 * Tests of the server that fail on other runtimes than Node, and why. Most of them test what the runtime or its test
 * runner does, and not this package.
 */

/** The reasons. */
const PIPED = 'the runtime gives no descriptor of its sockets: those of an HTTP server are piped, and never adopted';
const UNCAUGHT = 'the test lets an exception or a rejection be uncaught, which the test runner of the runtime takes for a failure';
const ITS_WS = 'Bun replaces the client `ws` by its own, which does not count bytes';
const PIPELINED = 'Bun emits no `upgrade` for a request that comes behind another one';
const ITS_SOCKET = "Deno's WebSocket client does not offer compression";
const ITS_TLS = "Bun does not tell what its TLS has agreed on with the client";
const ITS_HTTP = "Deno's HTTP server reads no second request from a stream that is not its own, or reads it late";
const READS_ON = "Deno reads a TLS socket on while it is paused, that of an HTTPS server and that of the test's client";
const KEEPS = 'Deno keeps descriptors of some TLS sockets of an HTTPS server that the peer has reset, though they are destroyed and closed';
const TURNS = 'the test needs turns of the event loop as short as those of Node';

/** @param {string} reason @param {string[]} tests @returns {Record<string, string>} */
const because = (reason, ...tests) => Object.fromEntries(tests.map((test) => [test, reason]));

/**
 * By runtime, file and test.
 * @type {Record<string, Record<string, Record<string, string>>>}
 */
const DIFFERENCES = {
  bun: {
    '__test__/attach/http-server.test.js': {
      ...because(PIPED, 'closing the HTTP server leaves connections alone', 'a Unix domain socket is served alike'),
      ...because(PIPELINED, 'pipelined answers that are still to be written come first'),
      ...because(ITS_TLS, "what Node's TLS knows of the client is told as by the server's own"),
    },
    '__test__/attach/no-server.test.js': because(PIPED, 'a server that listens by itself takes upgrades as well'),
    '__test__/attach/process.test.js': because(
      'Bun does not list its sockets among the resources that keep a process alive',
      'a connection that is not read costs no time: a socket of https.Server',
      'a connection that is not read costs no time: a duplex of another kind',
    ),
    '__test__/attach/resets.test.js': because(PIPED, 'draining: the process lives, and nothing is left'),
    '__test__/attach/unread-answer.test.js': because(
      PIPELINED,
      'holds no seat for longer than upgradeTimeout',
      'comes through when the page is read in time',
    ),
    '__test__/attach/unserved.test.js': because(
      PIPELINED,
      'one that comes with a request whose answer is still to be written is refused, too',
    ),
    '__test__/attach/ways.test.js': because(PIPED, 'travels as documented, and the request is told of alike'),
    '__test__/contract/answers.test.js': because(
      UNCAUGHT,
      "a rejection that nobody handles is the application's (id absent)",
      "a rejection that nobody handles is the application's (id ,\"i\":\"1\")",
      'what a handler returns is not awaited: a thenable is left alone (id absent)',
      'what a handler returns is not awaited: a thenable is left alone (id ,"i":"1")',
    ),
    '__test__/deflate/clients.test.js': because(
      ITS_WS,
      'a threshold says from which size on messages are compressed',
      'the context makes a repeated message smaller',
      'a level makes messages smaller',
    ),
    '__test__/limits/draining.test.js': because(TURNS, 'sends close frames in waves'),
    '__test__/rooms/presence.test.js': because(UNCAUGHT, 'tells listeners only, and survives one that throws'),
    '__test__/upgrade-policy/callbacks.test.js': because(
      UNCAUGHT,
      'one that throws, at once: 500 at once, and the exception is uncaught as those of other handlers',
      'one that throws, after a callback: 500 at once, and the exception is uncaught as those of other handlers',
      'one that throws, after a promise: 500 at once, and the exception is uncaught as those of other handlers',
      'one that throws, after a promise of handleProtocols: 500 at once, and the exception is uncaught as those of other handlers',
      'a second function that throws after a promise: 500 at once',
    ),
  },
  deno: {
    '__test__/attach/http-server.test.js': because(PIPED, 'closing the HTTP server leaves connections alone'),
    '__test__/attach/no-server.test.js': because(PIPED, 'a server that listens by itself takes upgrades as well'),
    '__test__/attach/process.test.js': {
      ...because(PIPED, 'a connection that is not read costs no time: a socket of http.Server'),
      ...because(KEEPS, 'nothing is left of connections that are gone: a socket of https.Server'),
    },
    '__test__/attach/resets.test.js': because(PIPED, 'draining: the process lives, and nothing is left'),
    '__test__/attach/ways.test.js': {
      ...because(PIPED, 'travels as documented, and the request is told of alike'),
      ...because(ITS_HTTP, 'ordinary requests are answered beside it, on a connection that is kept'),
      ...because(READS_ON, 'a client that is not read yet is held back', 'a client that does not read holds back what is sent to it'),
    },
    '__test__/attach/unread-answer.test.js': because(ITS_HTTP, 'comes through when the page is read in time'),
    '__test__/contract/answers.test.js': because(
      UNCAUGHT,
      "a rejection that nobody handles is the application's (id absent)",
      "a rejection that nobody handles is the application's (id ,\"i\":\"1\")",
    ),
    '__test__/limits/draining.test.js': because(UNCAUGHT, 'an exception of a listener reaches uncaughtException and stops nothing'),
    '__test__/deflate/others.test.js': because(
      ITS_SOCKET,
      'true',
      '{"serverNoContextTakeover":false,"clientNoContextTakeover":false}',
      '{"serverMaxWindowBits":9,"serverNoContextTakeover":false,"clientNoContextTakeover":false}',
    ),
  },
};

/**
 * Files that a runtime does not run, and why.
 * @type {Record<string, Record<string, string>>}
 */
const APART = {
  bun: {},
  deno: {
    '__test__/rooms/returning.test.js':
      "Deno's test runner ends while connections close, and frees functions of the addon that it still calls; programs are not affected",
  },
};

module.exports = { APART, DIFFERENCES };
