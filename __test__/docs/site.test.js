// @ts-check
'use strict';

/**
 * The documentation site: it can be built, without a warning, no link on it leads nowhere, its whole text
 * can be searched, and it fits a phone.
 */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { launch } = require('../browser/support');

const ROOT = path.join(__dirname, '../..');

/** Links and anchors in the HTML that typedoc writes. */
const LINK = / (?:href|src)="([^"]*)"/g;
const ANCHOR = / id="([^"]*)"/g;

/** Links elsewhere: their scheme, or nothing but it (`//host`). */
const ELSEWHERE = /^(?:[a-z][a-z+.-]*:|\/\/)/i;

/** Width of a phone, in pixels. */
const PHONE = 390;

/**
 * Paths of all files whose links are followed, from the site's root: also of those that documents link to,
 * which are copied to `media` as they are.
 * @param {string} site
 * @param {string} [folder]
 * @returns {string[]}
 */
function pagesOf(site, folder = '') {
  return fs.readdirSync(path.join(site, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return pagesOf(site, name);
    return /\.(?:html|svg)$/.test(name) ? [name] : [];
  });
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

  it('copies no pages: what they need would not be there', () => {
    assert.deepEqual([...pages.keys()].filter((name) => name.startsWith('media') && name.endsWith('.html')), []);
  });

  it('links to no document as it stands: those have links that lead nowhere from here', () => {
    const raw = [...pages].flatMap(([name, html]) => [...html.matchAll(/ href="([^"]*\.md(?:#[^"]*)?)"/g)]
      .filter(([, link]) => !ELSEWHERE.test(link)).map(([, link]) => `${name}: ${link}`));
    assert.deepEqual(raw, []);
  });

  it('begins with the README, with its pictures', () => {
    const html = pages.get('index.html') ?? '';
    assert.match(html, />What it has</);
    const pictures = [...html.matchAll(/<img [^>]*src="([^"]*)"/g)].map(([, source]) => source);
    assert.ok(pictures.length >= 2, pictures.join());
  });

  it('has every guide and document', () => {
    const titles = [...pages].filter(([name]) => name.startsWith('documents')).map(([, html]) => /<title>(.*?) \|/.exec(html)?.[1]);
    for (const title of [
      'Authentication', 'Back-pressure', 'Deploying', 'Installing', 'Limits', 'Rooms', 'Scaling', 'Switching from line-socket', 'Troubleshooting',
      'Files for deployments', 'Server options', 'Client options', 'Counters', 'Contract', 'What differs from the original', 'Security', 'Changelog', 'Contributing',
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

  describe('in a browser', { timeout: 120_000 }, () => {
    /** @type {import('playwright-core').Browser} */
    let browser;
    /** @type {import('playwright-core').Page} */
    let page;
    /** @type {string[]} */
    const problems = [];
    const url = (/** @type {string} */ name) => pathToFileURL(path.join(site, name)).href;

    before(async () => {
      browser = await launch();
      page = await browser.newPage({ viewport: { width: PHONE, height: 780 } });
      page.on('pageerror', (error) => problems.push(String(error)));
    });

    after(() => browser?.close());

    /**
     * Searches as people do.
     * @param {string} query
     * @returns {Promise<{href: string, text: string}[]>}
     */
    async function search(query) {
      await page.getByRole('searchbox').fill(query);
      await page.waitForFunction(() => document.querySelector('#site-search li, #site-search [role=status]:not(:empty)'));
      return page.locator('#site-search li a').evaluateAll((links) =>
        links.map((link) => ({ href: /** @type {HTMLAnchorElement} */ (link).href, text: String(link.textContent) })));
    }

    it('finds what is in the text of pages, and leads there', async () => {
      await page.goto(url('documents/Rooms.html'));
      await page.getByRole('button', { name: 'Search' }).click();
      for (const [query, expected] of [
        ['scIdConflict', 'documents/Errors.html'],
        ['presence', 'documents/Presence.html'],
        ['PRESENCE', 'documents/Presence.html'],
        ['TimeoutStopSec', 'documents/Deploying.html'],
        ['maxPendingSends', 'ServerOptions.html#maxpendingsends'],
        ['room user', 'documents/Rooms.html#a-room-per-user'],
        ['close codes', 'documents/Close_codes.html'],
        ['rejecting handshakes', '#handshake'],
        ['<script type', 'documents/Client.html#in-browsers'],
        ['(.*', ''],
      ]) {
        const found = await search(query);
        assert.ok(found.some(({ href }) => href.includes(expected)) || expected === '', `${query}: ${found.map(({ href }) => href).join('\n')}`);
      }
      assert.deepEqual(await search('xyzzy'), []);
      assert.match(String(await page.locator('#site-search [role=status]').textContent()), /xyzzy/);
      await search('scIdConflict');
      await page.getByRole('searchbox').press('Enter');
      await page.waitForURL((target) => !target.pathname.endsWith('Rooms.html'));
      assert.match(String(await page.locator('.col-content').textContent()), /scIdConflict/);
      assert.equal(await page.locator('#site-search[open]').count(), 0);
    });

    it('opens the search by / and Ctrl+K, and it can be left and walked through by keys', async () => {
      await page.goto(url('index.html'));
      const isOpen = () => page.evaluate(() => /** @type {HTMLDialogElement} */ (document.querySelector('#site-search')).open);
      for (const keys of ['/', 'Control+k']) {
        await page.keyboard.press(keys);
        assert.equal(await isOpen(), true, keys);
        await page.keyboard.press('Escape');
        assert.equal(await isOpen(), false, keys);
      }
      // The browser gives the focus back a moment after the dialog is closed; until then the key belongs to the dialog's field.
      for (let tries = 0; tries < 100 && !await isOpen(); tries += 1) {
        await page.keyboard.press('/');
        await page.waitForTimeout(20);
      }
      await search('rooms');
      await page.keyboard.press('ArrowDown');
      assert.equal(await page.evaluate(() => document.activeElement?.closest('li') !== null), true);
      await page.keyboard.press('ArrowUp');
      assert.equal(await page.evaluate(() => document.activeElement?.matches('input')), true);
    });

    it('has in its search no link that leads nowhere', async () => {
      /** @type {[string][]} */
      const sections = await page.evaluate(() => /** @type {any} */ (window).siteText);
      assert.ok(sections.length > 500, `${sections.length} sections`);
      const broken = sections.map(([target]) => target).filter((target) => {
        const [file, anchor] = target.split('#');
        const html = pages.get(path.normalize(file)) ?? '';
        return html === '' || (anchor !== undefined && !html.includes(` id="${anchor}"`));
      });
      assert.deepEqual(broken, []);
    });

    it('has in its navigation no link that leads nowhere', async () => {
      await page.goto(url('index.html'));
      const links = await page.locator('#tsd-nav-container a').evaluateAll((found) => found.map((link) => /** @type {HTMLAnchorElement} */ (link).href));
      assert.ok(links.length > 20, `${links.length} links`);
      assert.deepEqual(links.filter((link) => !pages.has(path.relative(site, decodeURIComponent(new URL(link).pathname)))), []);
    });

    it('is no wider than a phone on any page', async () => {
      // All of them in one page, with its styles: a visit of each would take most of the time in the scripts, which add nothing here.
      await page.goto(url('index.html'));
      await page.evaluate(() => document.head.append(document.createElement('base')));
      /** @type {string[]} */
      const wide = [];
      for (const [name, html] of pages) {
        if (!name.endsWith('.html')) continue;
        const [body] = /<body>.*<\/body>/s.exec(html) ?? assert.fail(`no body: ${name}`);
        const width = await page.evaluate(([base, text]) => {
          /** @type {HTMLBaseElement} */ (document.querySelector('base')).href = base;
          document.body.innerHTML = text;
          return document.documentElement.scrollWidth;
        }, [url(name), body]);
        if (width > PHONE) wide.push(`${name}: ${width} px`);
      }
      assert.deepEqual(wide, []);
    });

    it('runs its scripts on each kind of page, none of which becomes wider', async () => {
      /** By folder, the largest. @type {Map<string, string>} */
      const kinds = new Map();
      for (const [name, html] of pages) {
        const kind = path.dirname(name);
        const found = kinds.get(kind);
        if (name.endsWith('.html') && html.length > (pages.get(found ?? '')?.length ?? 0)) kinds.set(kind, name);
      }
      assert.ok(kinds.size > 5, [...kinds.values()].join());
      for (const name of [...kinds.values(), 'index.html', 'hierarchy.html']) {
        await page.goto(url(name));
        await page.waitForFunction(() => document.querySelector('#tsd-nav-container a'));
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= PHONE, name);
      }
    });

    it('shows the cells of tables below each other on a phone, with their columns, and beside each other elsewhere', async () => {
      const shown = () => page.locator('table').first().locator('tbody tr').first().evaluate((row) => {
        const [first, second] = [...row.children].map((cell) => cell.getBoundingClientRect());
        return { below: second.top >= first.bottom, label: getComputedStyle(row.children[1], '::before').content };
      });
      await page.goto(url('documents/Limits.html'));
      assert.deepEqual(await shown(), { below: true, label: '"option: "' });
      await page.setViewportSize({ width: 1200, height: 800 });
      assert.deepEqual(await shown(), { below: false, label: 'none' });
      await page.setViewportSize({ width: PHONE, height: 780 });
    });

    it('runs without an error', () => assert.deepEqual(problems, []));
  });
});
