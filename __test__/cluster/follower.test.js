// @ts-check
'use strict';

/** The clients of the model find what they are to find. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { Follower, Ledger } = require('./model/follower');

/**
 * @param {...any} received Messages of one connection.
 * @returns {string[]} The faults.
 */
function faultsOf(...received) {
  const ledger = new Ledger();
  const follower = new Follower('client', ledger);
  follower.member = /** @type {any} */ ({ received });
  follower.check();
  return ledger.faults;
}

const said = (/** @type {string} */ position, /** @type {unknown} */ payload) => ({ n: 'said', p: payload, r: 'kept', o: position });
const stands = (/** @type {string} */ position, /** @type {boolean} */ recovered) => ({ n: '_o', r: 'kept', o: position, p: { recovered, replayed: 0 } });
const plain = (/** @type {number} */ number, from = 'node 1') => ({ n: 'plain', p: { from, number } });

it('messages that come in order, once, are no fault', () => {
  assert.deepEqual(faultsOf(stands('e:4:0', false), said('e:5:0', 'a'), said('e:6:0', 'b'), stands('e:6:0', true), said('e:7:0', 'c')), []);
  assert.deepEqual(faultsOf(plain(1), plain(2), plain(1, 'node 2'), plain(5)), []);
  assert.deepEqual(faultsOf(stands('e:4:0', false), said('e:5:0', 'a'), stands('f:9:0', false), said('f:10:0', 'b')), []);
});

it('what is missing, twice, out of order or elsewhere is one', () => {
  const start = [stands('e:4:0', false), said('e:5:0', 'a')];
  for (const [pattern, ...messages] of /** @type {[RegExp, ...any[]][]} */ ([
    [/1 missing without a word/, said('e:7:0', 'b')],
    [/twice/, said('e:5:0', 'a')],
    [/out of order/, said('e:6:0', 'b'), said('e:7:0', 'c'), said('e:6:0', 'b')],
    [/without a word/, said('f:1:0', 'b')],
    [/recovered at e:9:0/, stands('e:9:0', true)],
  ])) {
    assert.match(faultsOf(...start, ...messages).join(), pattern);
  }
  assert.match(faultsOf(plain(2), plain(1)).join(), /number 1 of node 1 after 2/);
  assert.match(faultsOf(plain(2), plain(2)).join(), /number 2 of node 1 after 2/);
});

it('two clients that see different messages in one place are one', () => {
  const ledger = new Ledger();
  ledger.place('kept', 'e:5:0', 'a', 'one');
  ledger.place('kept', 'e:5:0', 'a', 'two');
  assert.deepEqual(ledger.faults, []);
  ledger.place('kept', 'e:5:0', 'b', 'two');
  ledger.place('kept', 'e:6:0', 'a', 'two');
  assert.equal(ledger.faults.length, 2);
});
