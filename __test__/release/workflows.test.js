// @ts-check
'use strict';

/** The workflows: what actionlint does not know of. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { PUBLISHED } = require('../../lib/binding/platform');

const ROOT = path.join(__dirname, '../..');
const FOLDER = path.join(ROOT, '.github/workflows');

/** @param {string} text @param {RegExp} pattern With one group. */
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);

/**
 * The jobs of a workflow, by name.
 * @param {string} text
 * @returns {Map<string, string>}
 */
function jobsOf(text) {
  const [, jobs] = text.split(/^jobs:\n/m);
  return new Map([...jobs.matchAll(/^ {2}([\w-]+):\n((?: {4}.*\n|\n)*)/gm)].map(([, name, body]) => [name, body]));
}

for (const name of fs.readdirSync(FOLDER)) {
  describe(name, () => {
    const text = fs.readFileSync(path.join(FOLDER, name), 'utf8');
    const jobs = jobsOf(text);

    it('pins every action to a commit, and says its version', () => {
      const used = all(text, /\buses: *(.*)/g);
      assert.ok(used.length > 0);
      const loose = used.filter((use) => !/^(?:\.\/.*|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/.test(use));
      assert.deepEqual(loose, []);
    });

    it('has the same commit of an action everywhere', () => {
      const pinned = [...new Set(all(text, /\buses: *([\w/-]+@.*)/g))];
      assert.equal(new Set(pinned.map((use) => use.split('@')[0])).size, pinned.length, pinned.join('\n'));
    });

    it('gives no rights but to jobs that name them', () => {
      assert.match(text, /^permissions: \{\}$/m);
      for (const [job, body] of jobs) assert.match(body, /^ {4}permissions:$/m, job);
    });

    it('bounds the time of every job of its own', () => {
      for (const [job, body] of jobs) assert.match(body, /^ {4}(?:timeout-minutes: \d+|uses: .*)$/m, job);
    });

    it('leaves no credentials in checkouts', () => {
      const checkouts = all(text, /(uses: actions\/checkout@.*\n(?: {8,}.*\n)*)/g);
      for (const checkout of checkouts) assert.match(checkout, /persist-credentials: false/);
    });

    it('runs scripts that are there', () => {
      const scripts = all(text, /\b((?:scripts|\.ci)\/[\w./-]+)/g).filter((file) => !text.includes(`# ${file}`));
      for (const script of scripts) assert.ok(fs.existsSync(path.join(ROOT, script.replace(/\.$/, ''))), script);
    });
  });
}

describe('ci.yml', () => {
  it('checks every release of Node that is supported', () => {
    const text = fs.readFileSync(path.join(FOLDER, 'ci.yml'), 'utf8');
    assert.deepEqual(all(text, /^ +node: \[(.*)\]$/gm), ['18, 20, 22, 24, 26']);
    assert.match(text, /^ +node-version: 24\n(?: +.*\n)*? +- run: bash \.ci\/run$/m, 'the one that the matrix leaves out on Linux');
  });

  it('tests every system on the one addon that is built for it', () => {
    const text = fs.readFileSync(path.join(FOLDER, 'ci.yml'), 'utf8');
    const jobs = jobsOf(text);
    const [built, tested] = ['addon', 'test'].map((name) => all(jobs.get(name) ?? '', /^ +os: \[(.*)\]$/gm));
    assert.deepEqual(built, tested);
    const test = jobs.get('test') ?? '';
    assert.match(test, /needs: addon/);
    assert.doesNotMatch(test, /scripts\/setup\.js|npm (?:test|run)|cargo /);
  });
});

describe('nightly.yml', () => {
  it('fuzzes every target', () => {
    const text = fs.readFileSync(path.join(FOLDER, 'nightly.yml'), 'utf8');
    const targets = fs.readdirSync(path.join(ROOT, 'crates/fuzz/seeds')).sort();
    assert.deepEqual(all(text, /^ +target: \[(.*)\]$/gm), [targets.join(', ')]);
  });
});

describe('nightly.yml', () => {
  it('runs two minutes of chaos with three releases of Node', () => {
    const text = fs.readFileSync(path.join(FOLDER, 'nightly.yml'), 'utf8');
    assert.deepEqual(all(text, /^ +node: \[(.*)\]$/gm), ['20, 24, 26']);
    assert.match(text, /^ +- run: npm run chaos -- --minutes 2$/m);
    assert.match(text, /^ +- run: npm run chaos:cluster -- --minutes 2$/m);
  });
});

describe('nightly.yml', () => {
  it('runs the tests of every other platform', () => {
    const text = fs.readFileSync(path.join(FOLDER, 'nightly.yml'), 'utf8');
    const { scripts } = require('../../package.json');
    const commands = all(text, /^ +- \{ command: '([\w:]+)/gm);
    const expected = Object.keys(scripts).filter((name) => name.startsWith('test:') || name === 'check:macos');
    assert.deepEqual(commands.sort(), expected.sort());
  });
});

describe('release.yml', () => {
  const jobs = jobsOf(fs.readFileSync(path.join(FOLDER, 'release.yml'), 'utf8'));
  /** @param {string} name */
  const job = (name) => jobs.get(name) ?? assert.fail(`no job ${name}`);

  it('builds every platform that is published', () => {
    assert.deepEqual(all(job('build'), /platform: ([\w-]+)/g).sort(), [...PUBLISHED].sort());
  });

  it('tests every platform that is published', () => {
    const [linux] = all(job('test-linux'), /platform: \[(.*)\]/g);
    const tested = [...linux.split(', '), ...new Set(all(job('test-elsewhere'), /platform: ([\w-]+)/g))];
    assert.deepEqual(tested.sort(), [...PUBLISHED].sort());
  });

  it('publishes after all else has succeeded', () => {
    const [needs] = all(job('publish'), /needs: \[(.*)\]/g);
    const before = new Set(needs.split(', '));
    const left = [...jobs.keys()].filter((name) => !before.has(name) && name !== 'publish');
    // These two are needed by those.
    assert.deepEqual(left, ['version', 'build']);
    assert.doesNotMatch(job('publish'), /\bif:/);
  });

  it('gives the right to publish to that job alone, in its environment, without a token', () => {
    const holders = [...jobs].filter(([, body]) => body.includes('id-token: write')).map(([name]) => name);
    assert.deepEqual(holders, ['publish']);
    assert.match(job('publish'), /^ {4}environment: npm$/m);
    assert.ok([...jobs.values()].every((body) => !body.includes('secrets.')));
  });
});
