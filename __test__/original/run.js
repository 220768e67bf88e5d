// @ts-check
'use strict';

/**
 * Run by mocha: gives the original's test suite the globals its own runner gives it, with the server
 * and the client of one implementation each, and loads it unmodified. `LINE_IMPL` selects the server,
 * `LINE_CLIENT_IMPL` the client.
 */

const chai = require('chai');
const { implementations } = require('../helpers/implementations');
const { clients } = require('../helpers/clients');

const [{ Server }] = implementations();
const [{ Client }] = clients();

chai.should();
chai.use(require('chai-as-promised'));
chai.use(require('sinon-chai'));

Object.assign(global, {
  chai,
  sinon: require('sinon'),
  Server,
  Client
});

require('line-socket/test/tests');
