// @ts-check
'use strict';

/** `scripts/release/publish.js`, with an npm that writes down what it is asked for. */

const { describe, it, beforeEach, afterEach } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PUBLISHED, packageOf } = require('../../lib/binding/platform');

const ROOT = path.join(__dirname, '../..');
const { name, version } = require('../../package.json');
const NAMES = [...PUBLISHED.map(packageOf), name];

/** Knows of the packages in `published`, and adds to these what is published. */
const NPM = `#!${process.execPath}
const fs = require('node:fs');
const path = require('node:path');
const [command, what, ...rest] = process.argv.slice(2);
const list = path.join(__dirname, 'published');
const published = fs.readFileSync(list, 'utf8');
if (command === 'view') {
  if (fs.existsSync(path.join(__dirname, 'broken'))) { console.error('npm error code E500'); process.exit(1); }
  if (published.includes(what + '\\n')) console.log('${version}');
  else { console.error('npm error code E404'); process.exit(1); }
} else if (command === 'publish') {
  if (!rest.includes('--provenance')) process.exit(1);
  fs.writeFileSync(list, published + path.basename(what, '-${version}.tgz') + '@${version}\\n');
}
`;

// A program without an extension is none on Windows.
describe('publish.js', { skip: process.platform === 'win32' }, () => {
  let folder = '';
  const at = (/** @type {string} */ file) => path.join(folder, file);
  const published = () => fs.readFileSync(at('published'), 'utf8').trim().split('\n').filter(Boolean);

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-publish-'));
    fs.writeFileSync(at('npm'), NPM, { mode: 0o755 });
    fs.writeFileSync(at('published'), '');
    for (const each of NAMES) fs.writeFileSync(at(`${each}-${version}.tgz`), '');
    for (const part of ['scripts/run.js', 'scripts/release', 'lib/binding/platform.js']) {
      fs.cpSync(path.join(ROOT, part), at(`checkout/${part}`), { recursive: true, filter: (file) => !/node_modules/.test(path.relative(ROOT, file)) });
    }
    setRepository('git+https://github.com/owner/name.git');
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** @param {string} [url] */
  function setRepository(url) {
    const manifest = { ...require('../../package.json'), repository: url };
    fs.writeFileSync(at('checkout/package.json'), JSON.stringify(manifest));
  }

  /** @param {Record<string, string>} [added] To the environment. */
  function run(added) {
    const env = { ...process.env, GITHUB_REPOSITORY: 'owner/name', PATH: `${folder}${path.delimiter}${process.env.PATH}`, ...added };
    return spawnSync(process.execPath, ['scripts/release/publish.js', folder], { cwd: at('checkout'), env, encoding: 'utf8' });
  }

  it('publishes nothing without the repository, or for another', () => {
    assert.match(run({ GITHUB_REPOSITORY: 'other/name' }).stderr, /"repository" in package\.json is https:\/\/github\.com\/owner\/name, and the release is made by other\/name/);
    setRepository(undefined);
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.match(stderr, /package\.json has no "repository", which a release needs.*"\/\/repository"/);
    assert.deepEqual(published(), []);
  });

  it('publishes the platforms first, the package last', () => {
    const { status, stderr } = run();
    assert.equal(status, 0, stderr);
    assert.deepEqual(published(), NAMES.map((each) => `${each}@${version}`));
  });

  it('goes on where it was interrupted', () => {
    fs.writeFileSync(at('published'), `${NAMES[0]}@${version}\n`);
    const { status, stdout } = run();
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^${NAMES[0]} .* is published already$`, 'm'));
    assert.deepEqual(published(), NAMES.map((each) => `${each}@${version}`));
  });

  it('publishes nothing when a package is missing, or the registry does not answer', () => {
    fs.writeFileSync(at('broken'), '');
    assert.equal(run().status, 1);
    fs.rmSync(at('broken'));
    fs.rmSync(at(`${NAMES[3]}-${version}.tgz`));
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`not there: .*${NAMES[3]}`));
    assert.deepEqual(published(), []);
  });
});
