// @ts-check
'use strict';

/** The documentation site: it can be built, without a warning, and no link on it leads nowhere. */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');

/** Links and anchors in the HTML that typedoc writes. */
const LINK = / (?:href|src)="([^"]*)"/g;
const ANCHOR = / id="([^"]*)"/g;

/** Links elsewhere: their scheme, or nothing but it (`//host`). */
const ELSEWHERE = /^(?:[a-z][a-z+.-]*:|\/\/)/i;

/** Folders without pages: files that pages link to are copied to `media` as they are. */
const NO_PAGES = ['assets', 'media'];

/** @param {string} site @returns {string[]} Paths of the pages, from the site's root. */
function pagesOf(site) {
  const folders = fs.readdirSync(site, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !NO_PAGES.includes(entry.name));
  const files = ['', ...folders.map(({ name }) => name)].flatMap((folder) =>
    fs.readdirSync(path.join(site, folder)).map((name) => path.join(folder, name)),
  );
  return files.filter((name) => name.endsWith('.html'));
}

/** @param {string} text As it stands in an attribute. */
const decode = (text) => decodeURIComponent(text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&'));

describe('the documentation site', () => {
  let site = '';
  /** Pages by path from the site's root. @type {Map<string, string>} */
  let pages;

  before(() => {
    site = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-site-'));
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/docs.js', '--out', site], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    pages = new Map(pagesOf(site).map((name) => [name, fs.readFileSync(path.join(site, name), 'utf8')]));
  });

  after(() => fs.rmSync(site, { recursive: true, force: true }));

  it('has links that lead somewhere', () => {
    assert.ok(pages.size > 50, `${pages.size} pages`);
    const anchors = new Map([...pages].map(([name, html]) => [name, new Set([...html.matchAll(ANCHOR)].map(([, id]) => decode(id)))]));
    const broken = [];
    let checked = 0;
    let anchored = 0;
    for (const [name, html] of pages) {
      for (const [, link] of html.matchAll(LINK)) {
        if (link === '' || ELSEWHERE.test(link)) continue;
        const [file, anchor] = decode(link).split('#');
        const target = file === '' ? name : path.join(path.dirname(name), file);
        const found = anchors.get(target);
        if (!fs.existsSync(path.join(site, target))) broken.push(`${name}: ${link}`);
        if (anchor && found !== undefined) {
          anchored += 1;
          if (!found.has(anchor)) broken.push(`${name}: ${link}`);
        }
        checked += 1;
      }
    }
    assert.deepEqual([...new Set(broken)], []);
    assert.ok(checked > 1000 && anchored > 500, `${checked} links, ${anchored} of them with an anchor`);
  });

  it('begins with the README, with its pictures', () => {
    const html = pages.get('index.html') ?? '';
    assert.match(html, />Handshake and authentication</);
    const pictures = [...html.matchAll(/<img [^>]*src="([^"]*)"/g)].map(([, source]) => source);
    assert.ok(pictures.length >= 2, pictures.join());
  });

  it('has every guide and document', () => {
    const titles = [...pages].filter(([name]) => name.startsWith('documents')).map(([, html]) => /<title>(.*?) \|/.exec(html)?.[1]);
    for (const title of [
      'Authentication', 'Deploying', 'Limits', 'Rooms', 'Scaling', 'Switching from line-socket', 'Troubleshooting',
      'Files for deployments', 'Contract', 'What differs from the original', 'Security', 'Changelog', 'Contributing',
    ]) assert.ok(titles.includes(title), `${title} in ${titles.join(', ')}`);
  });

  it('has the heading of a page once', () => {
    for (const [page, heading] of [['index.html', 'line-socket-native'], ['documents/Authentication.html', 'Authentication']]) {
      const headings = [...(pages.get(page) ?? '').matchAll(/<h1[^>]*>(.*?)<\/h1>/g)].map(([, html]) => html.replace(/<[^>]*>/g, '').trim());
      assert.deepEqual(headings, [heading], page);
    }
  });

  it('documents classes and options', () => {
    const options = pages.get('interfaces/line-socket-native.ServerOptions.html') ?? '';
    for (const option of ['pingInterval', 'maxPayload', 'perMessageDeflate']) assert.match(options, new RegExp(`id="${option.toLowerCase()}"`));
    assert.match(pages.get('classes/line-socket-native.Server.html') ?? '', /Frees the port/);
    assert.match(pages.get('classes/line-socket-native_client.LineClient.html') ?? '', /Connects and resolves/);
  });

  it('copies the files that documents link to', () => {
    assert.ok(fs.existsSync(path.join(site, 'media/nginx.conf')));
  });
});
