// @ts-check
'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const LineError = require('../common/line-error.js');

/**
 * What of an error reaches the peer (contract section 1).
 * @param {Error} error
 */
const onTheWire = (error) => JSON.stringify(Object.assign({ name: error.name, message: error.message }, error));

describe('LineError', () => {
  it('carries name, message, code and payload, enumerable and in this order', () => {
    const error = new LineError('scIdConflict', 'Taken', { id: 5 });
    assert.deepEqual(Object.entries(error), [
      ['name', 'LineError'], ['message', 'Taken'], ['code', 'scIdConflict'], ['payload', { id: 5 }],
    ]);
  });

  it('is an Error', () => {
    const error = new LineError('scPingError', 'Ping failed');
    assert.ok(error instanceof Error);
    assert.ok(error instanceof LineError);
    assert.equal(String(error), 'LineError: Ping failed');
  });

  it('has a stack that names the error and starts where it was made', function here() {
    const [first, second] = String(new LineError('scPingError', 'Ping failed').stack).split('\n');
    assert.equal(first, 'LineError: Ping failed');
    assert.match(second, /line-error\.test\.js/);
  });

  it('does not show its stack to the peer', () => {
    const error = new LineError('scMessageRejected', 'No', [1]);
    assert.equal(onTheWire(error), '{"name":"LineError","message":"No","code":"scMessageRejected","payload":[1]}');
    assert.equal(JSON.stringify(error), onTheWire(error));
    assert.ok(!Object.keys(error).includes('stack'));
  });

  it('leaves an absent payload out on the wire', () => {
    const error = new LineError('scDisconnected', 'Gone');
    assert.ok('payload' in error);
    assert.equal(error.payload, undefined);
    assert.equal(onTheWire(error), '{"name":"LineError","message":"Gone","code":"scDisconnected"}');
  });

  it('takes an error as payload', () => {
    const cause = Object.assign(new Error('in use'), { code: 'EADDRINUSE' });
    assert.equal(new LineError('sWebsocketError', 'Not started', cause).payload, cause);
  });
});
