// @ts-check
'use strict';

/** The chaos finds a server that does wrong. Faults that other tests add by their load do no harm here. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { withScene } = require('../process/support/scene');

const RUN = path.join(__dirname, 'run.js');

/** Time for processes to start and end, in ms. */
const AROUND = 60000;

// How long a thread was kept from running is known on Linux.
if (process.platform === 'linux') {
  describe('the chaos', { concurrency: 2 }, () => {
    for (const [what, expected] of [
      ['lose', /0 after|came instead of|have come/],
      ['twice', /a second one/],
      ['forget', /\d+ requests were answered, \d+ answers have come/],
      ['miss', /\d+ requests and \d+ messages were sent, .* have come/],
      ['end', /a connection ended that nobody has cut: connection .*the client was told 4999 "as told"/],
      ['block', /a timer of 5 ms had a gap of [\d.]+ ms/],
      ['throw', /uncaught: Error: as told/],
      ['slow', /took \d+ ms, more than/],
    ]) {
      it(`finds a server that does this: ${what}`, withScene(async (scene) => {
        const chaos = scene.run(RUN, ['--minutes', 1 / 60, '--seed', 0, '--round', 0], { env: { CHAOS_FAULT: String(what) } });
        const { code } = await chaos.exited(AROUND);
        const lines = await chaos.remainingLines();
        assert.equal(code, 1, lines.join('\n'));
        assert.match(lines.join('\n'), /** @type {RegExp} */ (expected));
        assert.match(String(lines.at(-1)), /^failed: \d+ faults, seed 0$/);
      }));
    }
  });
}
