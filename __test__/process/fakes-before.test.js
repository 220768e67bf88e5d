// @ts-check
'use strict';

/** A server of a package that was loaded while or before the timers of a test were in force, or where globals are those of a browser. */

const { describe, it, mock } = require('node:test');
const assert = require('node:assert/strict');
const { RawClient } = require('../helpers/raw-client');
const { withScene } = require('./support/scene');

/** More than a turn of the event loop handles. */
const MANY = 2000;

const kinds = ['sinon', 'browser', ...('timers' in mock ? ['node:test'] : [])];

for (const kind of kinds) {
  describe(`fakes (${kind})`, () => {
    for (const then of ['kept', 'restored', 'later']) {
      it(`${then}: many messages are answered, sends time out, stop() resolves`, withScene(async (scene) => {
        const child = scene.child('faked.js', [kind, then]);
        const port = await child.report();
        const client = await RawClient.open({ port });
        await client.handshake();
        for (let at = 0; at < MANY; at++) client.json({ n: 'ask', p: at, i: `m${at}` });
        await client.until(() => client.texts.length > MANY, 'answers');
        const payloads = client.texts.slice(1).map((text) => JSON.parse(text).p);
        assert.deepEqual(payloads, payloads.map((_, at) => at));
        assert.equal((await client.request('silence')).message.p, 'scMessageTimeout');
        client.json({ n: 'end' });
        assert.equal(await child.report(), 'stopped');
      }));
    }
  });
}
