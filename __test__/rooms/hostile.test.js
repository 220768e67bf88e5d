// @ts-check
'use strict';

/** What one peer does to a room as a target, and an application at an unusual time, harms nobody else. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { until, within } = require('../helpers/timing');
const { people, answer } = require('./people');
const LineClient = require('../../client-node.js');

const NOBODY = { responses: new Map(), errors: new Map(), silent: [], missingNodes: [] };

describe('answers of a whole room', () => {
  it('come through beside one that takes all the memory for answers', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['hostile', 'b', 'c'], { maxGatheredBytes: 10_000 });
    const questions = [];
    for (const name of ['vote', 'other vote']) {
      questions.push(server.everyone.send(name, 1, { timeout: 0 }));
      const { i } = await answer(pairs[1], name, { p: 'a small answer' });
      pairs[0].client.json({ n: '_r', i, p: 'x'.repeat(9980) });
      await pairs[0].client.fence();
      await answer(pairs[2], name, { p: 'another small answer' });
    }
    for (const { responses, errors } of await Promise.all(questions)) {
      assert.deepEqual([...responses.keys()].sort(), ['b', 'c']);
      assert.deepEqual([...errors].map(([id, { code }]) => [id, code]), [['hostile', 'scResponseTooLarge']]);
    }
  }));

  it('have the id of the message, as it was sent', withScene(async (scene) => {
    const { server, pairs: [a] } = await people(scene, ['a']);
    const asked = server.everyone.send('vote', 1, { timeout: 0 });
    const { i } = (await a.client.message(({ n }) => n === 'vote')).message;
    const digits = i.slice(1);
    for (const other of [`R+${digits}`, `R0${digits}`, `R${digits}.0`, `R${digits} `, `r${digits}`, Number(digits)]) {
      a.client.json({ n: '_r', i: other, p: 'not the answer' });
    }
    a.client.json({ n: '_r', i, p: 'the answer' });
    assert.deepEqual([...(await within(asked, 'result')).responses], [['a', 'the answer']]);
  }));

  it('are none of a server that is not started, which can be started all the same', withScene(async (scene) => {
    const server = scene.track(new scene.Server({ host: '127.0.0.1', port: 0 }));
    for (let time = 0; time < 2; time += 1) {
      for (const target of [server.everyone, server.room('room'), server.room(['room', 'other'])]) {
        assert.deepEqual(await within(target.send('vote', 1, { timeout: 0 }), 'result'), NOBODY);
      }
      await server.start();
      const client = await scene.open(server.address().port);
      await client.handshake();
      await server.stop();
    }
  }));
});

describe('positions of a client', () => {
  it('are those of rooms alone', withScene(async (scene) => {
    const { server, port } = await scene.listen({ history: { room: { size: 5, ttl: 60_000 } } });
    const client = new LineClient(`ws://127.0.0.1:${port}`);
    scene.defer(() => client.dispose());
    /** @type {any} */
    let first;
    client.on('_connected', () => (first = { ...client.positions }));
    client.connect();
    await until(() => first, 'connection');
    assert.deepEqual(first, {});
    assert.equal((await server.everyone.count()).count, 1);
  }));
});
