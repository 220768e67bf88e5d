// @ts-check
'use strict';

/**
 * The search of the documentation site, in the whole text of all pages. It replaces typedoc's search, which finds
 * only names. `fulltext.js`, which the plugin writes beside this file, defines `siteText`: the sections to search in.
 * It is loaded with the first search.
 */

(() => {
  /** Results shown. */
  const MOST = 30;

  /** Characters shown around what was found. */
  const AROUND = 70;

  const base = document.documentElement.dataset.base ?? './';

  /** @typedef {[url: string, page: string, heading: string, text: string]} Section */

  /** @returns {Promise<Section[]>} */
  const load = () => {
    const present = /** @type {any} */ (window).siteText;
    if (present) return Promise.resolve(present);
    return new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = `${base}assets/fulltext.js`;
      script.onload = () => resolve(/** @type {any} */ (window).siteText);
      script.onerror = () => reject(new Error('The text of the site could not be loaded'));
      document.head.append(script);
    });
  };

  /**
   * How well a section fits a word: in its heading better than in its page's title or its text.
   * @param {Section} section
   * @param {string} word In lower case.
   */
  const fit = ([, page, heading, text], word) => {
    const [title, name] = [page.toLowerCase(), heading.toLowerCase()];
    if (name === word) return 100;
    if (name.startsWith(word)) return 30;
    if (name.includes(word)) return 20;
    const times = text.toLowerCase().split(word).length - 1;
    if (times === 0) return title.includes(word) ? 4 : 0;
    return 5 + Math.min(times, 5) + (title.includes(word) ? 4 : 0);
  };

  /** Words without their endings, for when nothing has them as they are. @param {string} word */
  const stem = (word) => (word.length > 4 ? word.replace(/(?:ing|ed|es|s)$/, '') : word);

  /**
   * @param {Section[]} sections
   * @param {string[]} words
   * @param {boolean} all Whether a section must have all of them.
   */
  const rank = (sections, words, all) =>
    sections
      .map((section) => ({ section, fits: words.map((word) => fit(section, word)) }))
      .filter(({ fits }) => (all ? fits.every((value) => value > 0) : fits.some((value) => value > 0)))
      .map(({ section, fits }) => ({ section, score: fits.reduce((sum, value) => sum + value, 0) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, MOST)
      .map(({ section }) => section);

  /** @param {Section[]} sections @param {string[]} words */
  const find = (sections, words) => {
    for (const [tried, all] of /** @type {[string[], boolean][]} */ ([[words, true], [words.map(stem), true], [words.map(stem), false]])) {
      const found = rank(sections, tried, all);
      if (found.length > 0) return { found, words: tried };
    }
    return { found: [], words };
  };

  /** A text with what was found in `<mark>`. @param {string} text @param {string[]} words */
  const marked = (text, words) => {
    const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'i');
    return text.split(new RegExp(pattern, 'gi')).map((part) => {
      if (!pattern.test(part)) return part;
      return Object.assign(document.createElement('mark'), { textContent: part });
    });
  };

  /** What is around the first word found. @param {string} text @param {string[]} words */
  const excerpt = (text, words) => {
    const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((place) => place >= 0);
    const from = Math.max(0, Math.min(...places, text.length) - AROUND);
    const start = places.length > 0 ? from : 0;
    const end = start + 2 * AROUND + 20;
    return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
  };

  const dialog = document.createElement('dialog');
  dialog.id = 'site-search';
  dialog.setAttribute('aria-label', 'Search');
  dialog.innerHTML =
    '<form method="dialog"><input type="search" aria-label="Search the documentation" placeholder="Search the documentation" ' +
    'autocomplete="off" autocapitalize="off" maxlength="100"><button>Close</button></form>' +
    '<p role="status"></p><ol></ol>';
  const field = /** @type {HTMLInputElement} */ (dialog.querySelector('input'));
  const status = /** @type {HTMLElement} */ (dialog.querySelector('p'));
  const list = /** @type {HTMLElement} */ (dialog.querySelector('ol'));

  const show = async () => {
    const query = field.value;
    const given = query.toLowerCase().split(/\s+/).filter(Boolean);
    const sections = await load().catch((error) => {
      status.textContent = error.message;
    });
    if (!sections || query !== field.value) return;
    list.replaceChildren();
    status.textContent = '';
    if (given.length === 0) return;
    const { found, words } = find(sections, given);
    if (found.length === 0) status.textContent = `Nothing has “${query}” in it.`;
    list.append(...found.map(([url, page, heading, text]) => {
      const entry = document.createElement('li');
      const link = document.createElement('a');
      link.href = base + url;
      const title = document.createElement('b');
      title.append(...marked(heading || page, words));
      const where = Object.assign(document.createElement('span'), { textContent: heading && heading !== page ? page : '' });
      const around = document.createElement('p');
      around.append(...marked(excerpt(text, words), words));
      link.append(title, where, around);
      entry.append(link);
      return entry;
    }));
  };

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    field.select();
    show();
  };

  field.addEventListener('input', show);
  // A link to the page that is open changes nothing but the place.
  list.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('keydown', (event) => {
    const links = [...list.querySelectorAll('a')];
    const at = links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    if (event.key === 'Enter' && document.activeElement === field) {
      event.preventDefault();
      links[0]?.click();
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      links[Math.min(at + 1, links.length - 1)]?.focus();
    } else if (event.key === 'ArrowUp') {
      event.preventDefault();
      (links[at - 1] ?? field).focus();
    }
  });

  // Before typedoc's own listeners, and instead of them.
  window.addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof Element && event.target.matches('input, textarea, [contenteditable]');
    const isShortcut = (event.key === '/' && !isTyping) || (event.key === 'k' && (event.ctrlKey || event.metaKey));
    if (!isShortcut) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    open();
  }, true);
  document.addEventListener('click', (event) => {
    if (!(event.target instanceof Element) || event.target.closest('#tsd-search-trigger') === null) return;
    event.stopImmediatePropagation();
    open();
  }, true);
  document.body.append(dialog);
})();
