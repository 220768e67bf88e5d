// @ts-check
'use strict';

/** The declared types of the client and its classes have the same members: neither has one the other lacks. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { clients } = require('../helpers/clients');
const { Declarations, importNames } = require('./declarations');

const types = new Declarations(path.join(__dirname, '../../types/client.d.ts'));

describe('the declared types of the client', () => {
  it('compile', () => assert.deepEqual(types.problems(), []));

  for (const name of ['client-node', 'client-web']) {
    it(`are the same for import (${name}), but for what has another name there`, () => {
      const names = importNames(path.join(__dirname, `../../types/${name}.d.mts`));
      assert.deepEqual(names.sort(), types.exports().filter((each) => each !== 'Error').sort());
    });
  }

  for (const { name, Client } of clients().filter((each) => each.name !== 'original')) {
    it(`have the members of a client (${name})`, () => {
      types.assertSameMembers(types.instanceType('LineClient'), new Client());
    });

    it(`have the static members of the class (${name})`, () => {
      types.assertSameMembers(types.staticType('LineClient'), Client);
    });

    for (const member of ['State', 'Event', 'ErrorCode']) {
      it(`have the values of ${member} (${name})`, () => {
        assert.deepEqual({ ...Client[member] }, types.staticValue('LineClient', member));
      });
    }

    it(`have the union ClientErrorCode (${name})`, () => {
      assert.deepEqual(types.union('ClientErrorCode').sort(), Object.values(Client.ErrorCode).sort());
    });

    it(`have every option with a default (${name})`, () => {
      const declared = types.names(types.instanceType('ClientOptions'));
      const known = Object.keys(new Client().options);
      assert.deepEqual(known.filter((each) => !declared.includes(each)), []);
      assert.deepEqual(declared.filter((each) => !known.includes(each)), ['queue', 'positions', 'redirectOrigins', 'webSocket']);
    });
  }
});
