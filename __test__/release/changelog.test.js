// @ts-check
'use strict';

/** What is checked before a release: one version everywhere, and an entry in the changelog. */

const { describe, it, beforeEach, afterEach } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { checkRelease } = require('../../scripts/release/changelog');

const ROOT = path.join(__dirname, '../..');
const { version } = require('../../package.json');

describe('a release', () => {
  let folder = '';

  /** @param {string} file @param {(text: string) => string} change */
  function edit(file, change) {
    const text = fs.readFileSync(path.join(folder, file), 'utf8');
    const changed = change(text);
    assert.notEqual(changed, text);
    fs.writeFileSync(path.join(folder, file), changed);
  }

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-release-'));
    for (const file of ['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock']) {
      fs.copyFileSync(path.join(ROOT, file), path.join(folder, file));
    }
    const changelog = `# Changelog\n\n## [Unreleased]\n\n## [${version}] - 2026-01-31\n\n### Added\n\n- All.\n\n## [0.9.0] - 2025-01-31\n\n- Less.\n`;
    fs.writeFileSync(path.join(folder, 'CHANGELOG.md'), changelog);
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('has what its entry says', () => {
    assert.equal(checkRelease(folder, `v${version}`), '### Added\n\n- All.');
    assert.equal(checkRelease(folder), '### Added\n\n- All.');
  });

  it('may be the only one, with links below', () => {
    fs.writeFileSync(path.join(folder, 'CHANGELOG.md'), `## [${version}] - 2026-01-31\n\n- First.\n\n[${version}]: https://example.org\n`);
    assert.equal(checkRelease(folder), '- First.');
  });

  it('must be in the changelog, with a date and a text', () => {
    const entry = `## [${version}] - 2026-01-31\n\n### Added\n\n- All.\n`;
    edit('CHANGELOG.md', (text) => text.replace(entry, ''));
    assert.throws(() => checkRelease(folder), { message: `CHANGELOG.md has no entry "## [${version}]"` });
    edit('CHANGELOG.md', (text) => `${text}\n## [${version}]\n\n- All.\n`);
    assert.throws(() => checkRelease(folder), /has no date/);
    edit('CHANGELOG.md', (text) => text.replace(`## [${version}]\n\n- All.\n`, `## [${version}] - 2026-01-31\n\n`));
    assert.throws(() => checkRelease(folder), /is empty/);
  });

  it('has the tag of its version', () => {
    for (const tag of ['v0.9.0', version, `v${version}-rc.1`]) assert.throws(() => checkRelease(folder, tag), /the tag is/, tag);
  });

  for (const file of ['package-lock.json', 'Cargo.toml', 'Cargo.lock']) {
    it(`has the same version in ${file}`, () => {
      const own = file.endsWith('.lock') ? `name = "line-socket-native"\nversion = "${version}"` : `version${file.endsWith('.json') ? '": "' : ' = "'}${version}"`;
      edit(file, (text) => text.replace(own, own.replace(version, '9.9.9')));
      assert.throws(() => checkRelease(folder), new RegExp(`package.json has version ${version}, but ${file}.* 9\\.9\\.9`));
    });
  }
});

describe('this checkout', () => {
  it('has one version, released or not', () => {
    try {
      checkRelease(ROOT);
    } catch (error) {
      assert.match(/** @type {Error} */ (error).message, /^CHANGELOG\.md has no entry/);
    }
  });
});
