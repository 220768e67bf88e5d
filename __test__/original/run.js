// @ts-check
'use strict';

/**
 * Run by mocha: gives the original's test suite the globals its own runner gives it, with the
 * server of one implementation (the only selected one, see helpers/implementations.js), and loads
 * it unmodified.
 */

const chai = require('chai');
const { implementations } = require('../helpers/implementations');

const [{ Server }] = implementations();

chai.should();
chai.use(require('chai-as-promised'));
chai.use(require('sinon-chai'));

Object.assign(global, {
  chai,
  sinon: require('sinon'),
  Server,
  Client: require('line-socket/dist/client-node')
});

require('line-socket/test/tests');
