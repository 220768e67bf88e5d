// @ts-check
'use strict';

/** Documents in the package: their links lead somewhere from there, whether the repository is known or not. */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const manifest = require('../../package.json');
const { withLinks } = require('../../scripts/release/links');
const { checkRepository, repositoryOf } = require('../../scripts/release/repository');
const { pack, temporaryFolder } = require('./application');
const { readPackage } = require('./registry');

const ROOT = path.join(__dirname, '../..');
const URL = 'https://github.com/owner/name';
const DOCUMENTS = ['README.md', 'CHANGELOG.md'];

/**
 * The targets of links and images, as a reader of Markdown that is not ours sees them.
 * @param {string} text
 * @returns {string[]}
 */
function targets(text) {
  /** @type {string[]} */
  const found = [];
  const visit = (/** @type {any[]} */ tokens) => {
    for (const { attrs, children, type, content } of tokens) {
      for (const [name, value] of attrs ?? []) if (name === 'href' || name === 'src') found.push(value);
      if (type === 'html_block' || type === 'html_inline') for (const [, value] of content.matchAll(/(?:src|href)="([^"]*)"/g)) found.push(value);
      if (children) visit(children);
    }
  };
  // Comes with typedoc.
  const MarkdownIt = require('markdown-it');
  visit(new MarkdownIt({ html: true }).parse(text, {}));
  return found;
}

const isRelative = (/** @type {string} */ target) => !/^([a-z]+:|#)/.test(target);

describe('links of documents', () => {
  let folder = '';
  /** @type {import('./registry').Entry[]} */
  let entries = [];

  before(async () => {
    folder = temporaryFolder();
    entries = readPackage((await pack(folder)).main);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('in the package lead to files of it, or to the repository', () => {
    const names = entries.map(({ name }) => name);
    const documents = entries.filter(({ name }) => name.endsWith('.md'));
    assert.deepEqual(documents.map(({ name }) => name).sort(), [...DOCUMENTS].sort());
    for (const { name, bytes } of documents) {
      const dead = targets(String(bytes)).filter((target) => isRelative(target) && !names.includes(target.replace(/#.*/, '')));
      assert.deepEqual(dead, [], name);
    }
  });

  it('would be dead, were they left as they are', () => {
    assert.ok(targets(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')).filter(isRelative).length > 20);
  });

  it('lead to the same files in the repository, once it is known', () => {
    for (const name of DOCUMENTS) {
      const text = fs.readFileSync(path.join(ROOT, name), 'utf8');
      const [before_, after_] = [text, withLinks(text, name, { url: URL, ref: 'v1.2.3', files: [] })].map(targets);
      const expected = before_.map((target) => {
        const isImage = /\.(png|svg)$/.test(target);
        return isRelative(target) ? `${URL}/${isImage ? 'raw' : 'blob'}/v1.2.3/${target}` : target;
      });
      assert.deepEqual(after_, expected, name);
      for (const target of before_.filter(isRelative)) assert.ok(fs.existsSync(path.join(ROOT, target.replace(/#.*/, ''))), target);
    }
  });

  /** @type {Record<string, [text: string, known: string, unknown: string]>} */
  const cases = {
    'a link': ['see [a\nb](docs/a.md#x).', `see [a\nb](${URL}/blob/v1/docs/a.md#x).`, 'see a\nb.'],
    'a link with code': ['[`a`](docs/a.md)', `[\`a\`](${URL}/blob/v1/docs/a.md)`, '`a`'],
    'an image': ['![a b](docs/a.png "t")', `![a b](${URL}/raw/v1/docs/a.png "t")`, 'a b'],
    'an image in a link': ['[![a](b.png)](c.md)', `[![a](${URL}/raw/v1/b.png)](${URL}/blob/v1/c.md)`, 'a'],
    'from the folder': ['[a](./docs/../b.md)', `[a](${URL}/blob/v1/b.md)`, 'a'],
    'a file of the package': ['[a](LICENSE)', `[a](${URL}/blob/v1/LICENSE)`, '[a](LICENSE)'],
    'a definition': ['[a][b]\n\n[b]: docs/a.md', `[a][b]\n\n[b]: ${URL}/blob/v1/docs/a.md`, '[a][b]\n\n[b]: #'],
    'HTML': ['<img src="a.png">', `<img src="${URL}/raw/v1/a.png">`, '<img src="#">'],
  };
  for (const [name, [text, known, unknown]] of Object.entries(cases)) {
    it(`are changed: ${name}`, () => {
      assert.equal(withLinks(text, 'README.md', { url: URL, ref: 'v1', files: ['LICENSE'] }), known);
      assert.equal(withLinks(text, 'README.md', { ref: 'v1', files: ['LICENSE'] }), unknown);
    });
  }

  it('stay as they are: URLs, headings of the page, and what is code', () => {
    const text = '[a](https://a.b/c.md) [b](#c) <http://a> `[c](d.md)` ``[`c`](d.md)``\n\n```html\n<a href="d.md">[c](d.md)</a>\n```\n';
    for (const url of [URL, undefined]) assert.equal(withLinks(text, 'README.md', { url, ref: 'v1', files: [] }), text);
  });
});

describe('the repository', () => {
  it('is read in every way that npm knows', () => {
    const texts = [
      'owner/name', 'github:owner/name', `${URL}`, `${URL}.git`, `git+${URL}.git`, 'git@github.com:owner/name.git', 'git://github.com/owner/name.git',
      'git+ssh://git@github.com/owner/name.git',
    ];
    for (const text of texts) {
      assert.equal(repositoryOf({ repository: text }), URL, text);
      assert.equal(repositoryOf({ repository: { type: 'git', url: text } }), URL, text);
    }
    assert.equal(repositoryOf({}), undefined);
    for (const wrong of ['', 'TO BE SET', 'https://github.com', {}, null, 7]) assert.throws(() => repositoryOf({ repository: wrong }), /is no URL/, String(wrong));
  });

  it('is what a release needs, and that of the workflow', () => {
    assert.throws(() => checkRepository({}, {}), /package\.json has no "repository"/);
    checkRepository({ repository: URL }, {});
    checkRepository({ repository: `git+${URL}.git` }, { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'Owner/name' });
    assert.throws(() => checkRepository({ repository: URL }, { GITHUB_REPOSITORY: 'fork/name' }), /made by fork\/name/);
  });

  it('is in package.json, or its place is marked; a tag is refused without', () => {
    assert.ok('repository' in manifest || '//repository' in manifest);
    if ('repository' in manifest) return;
    const { status, stderr } = spawnSync(process.execPath, ['scripts/release/changelog.js', `v${manifest.version}`], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /no "repository"|CHANGELOG\.md has no entry/);
  });
});
