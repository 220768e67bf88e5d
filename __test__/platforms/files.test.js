// @ts-check
'use strict';

/** `scripts/platforms/files.js`: what a run of test files on another platform counts, and how it is continued. */

const { after, describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-files-'));
after(() => fs.rmSync(folder, { recursive: true }));

/** @param {string} name */
const at = (name) => path.join(folder, name);

/** A file with one test, which says that it runs. @param {string} file @param {string} name @param {boolean} isGood */
function write(file, name, isGood) {
  fs.writeFileSync(at(file), [
    `require('node:fs').appendFileSync(${JSON.stringify(at('ran.txt'))}, '${file} ');`,
    `require('node:test').test('${name}', () => require('node:assert').ok(${isGood}));`,
  ].join('\n'));
}

/**
 * Runs files as on a platform where `listed.js` may fail, and `apart.js` does not run.
 * @param {boolean} isContinued
 * @param {string[]} [files]
 */
function run(isContinued, files = ['good.js', 'other.js', 'listed.js', 'apart.js']) {
  fs.writeFileSync(at('ran.txt'), '');
  const code = `
    const { runFiles } = require(${JSON.stringify(require.resolve('../../scripts/platforms/files.js'))});
    const platform = {
      name: 'Another', command: [process.execPath], env: {}, logs: ${JSON.stringify(at('logs'))}, patience: 60_000,
      apart: [{ files: /apart/, why: 'it has its reason' }],
      listed: { [${JSON.stringify(at('listed.js'))}]: { different: 'as documented' } },
    };
    runFiles(platform, ${JSON.stringify(files.map(at))}, ${isContinued});
  `;
  // Under `node --test` this variable would change what the files print.
  const { stdout, status } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', env: { ...process.env, NODE_TEST_CONTEXT: undefined } });
  return { ran: fs.readFileSync(at('ran.txt'), 'utf8').trim().split(' ').sort(), output: stdout, status };
}

const hasReporter = spawnSync(process.execPath, ['--test-reporter=spec', '--version'], { stdio: 'ignore' }).status === 0;

describe('runFiles', { skip: !hasReporter }, () => {
  it('counts what passes, fails and is listed, and continues with the files that did not pass', () => {
    write('good.js', 'first', true);
    write('other.js', 'second', false);
    write('listed.js', 'different', false);
    write('apart.js', 'third', false);

    const first = run(false);
    assert.deepEqual(first.ran, ['good.js', 'listed.js', 'other.js']);
    assert.match(first.output, /✖ second\n/);
    assert.match(first.output, /\| Another, 3 files \| 1 \| 1 \| 1 \| \*\*no\*\* \|/);
    assert.match(first.output, /not run: apart: it has its reason/);
    assert.equal(first.status, 1);

    write('other.js', 'second', true);
    const next = run(true);
    assert.deepEqual(next.ran, ['other.js']);
    assert.match(next.output, /\| Another, 3 files \| 2 \| 0 \| 1 \| yes \|/);
    assert.equal(next.status, 0);

    assert.deepEqual(run(false).ran, ['good.js', 'listed.js', 'other.js'], 'begins anew');
  });

  it('says that a file was ended by a signal', () => {
    fs.writeFileSync(at('ended.js'), `require('node:fs').appendFileSync(${JSON.stringify(at('ran.txt'))}, 'ended.js '); process.kill(process.pid, 'SIGTERM');`);
    const { output, status } = run(false, ['ended.js']);
    assert.match(output, /✖ was ended by SIGTERM; a file may take 60 s/);
    assert.equal(status, 1);
  });
});
