// @ts-check
'use strict';

/**
 * Run by mocha: gives the original's test suite the globals its own runner gives it, with the server
 * and the client of one implementation each, and loads it unmodified. `LINE_IMPL` selects the server,
 * `LINE_CLIENT_IMPL` the client. The suite uses two ports, 3000 and 3001, of which there is one each on a machine: server and
 * client use two others in their place, which `LINE_PORTS` names, separated by a comma, so that several suites can run at a
 * time.
 */

const chai = require('chai');
const { implementations } = require('../helpers/implementations');
const { clients } = require('../helpers/clients');

const [{ Server }] = implementations();
const [{ Client }] = clients();

/** The ports that are used, by those of the suite. */
const ports = new Map(String(process.env.LINE_PORTS).split(',').map((port, index) => [String(3000 + index), Number(port)]));

/** @param {unknown} port Of the suite. */
function portFor(port) {
  const used = ports.get(String(port));
  if (used === undefined) throw new Error(`The suite uses port ${port}, for which no other port was named`);
  return used;
}

/**
 * A class whose first argument is changed, and which is the same in all else.
 * @param {any} Class
 * @param {(first: any) => unknown} change
 */
function withFirst(Class, change) {
  return new Proxy(Class, {
    construct: (target, [first, ...rest], made) => Reflect.construct(target, [change(first), ...rest], made),
  });
}

chai.should();
chai.use(require('chai-as-promised'));
chai.use(require('sinon-chai'));

Object.assign(global, {
  chai,
  sinon: require('sinon'),
  Server: withFirst(Server, (options) => ({ ...options, port: portFor(options.port) })),
  Client: withFirst(Client, (/** @type {string} */ url) => url.replace(/\d+$/, (port) => String(portFor(port))))
});

require('line-socket/test/tests');
