// @ts-check
'use strict';

/** Changes the pages that typedoc writes: tables that fit a phone, and the text to search in. */

/** A table without tables in it. */
const TABLE = /<table>[\s\S]*?<\/table>/g;
const ROW = /<tr>[\s\S]*?<\/tr>/g;
const HEADER = /<th\b[^>]*>([\s\S]*?)<\/th>/g;

/** Headings that links can lead to. */
const HEADING = /<h[1-6]\b[^>]*? id="([^"]*)"[^>]*>([\s\S]*?)<\/h[1-6]>/g;

/** Elements within a line, which do not separate words. */
const INLINE = /<\/?(?:a|b|code|del|em|i|span|strong|wbr)\b[^>]*>/g;

/** Elements without text to search: pictures, programs, hidden parts, and marks such as "Readonly". */
const NO_TEXT = /<(svg|script|style|button)\b[\s\S]*?<\/\1>|<code class="tsd-tag">[^<]*<\/code>/g;

/** @type {Record<string, string>} */
const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' };

/** @param {string} html @returns {string} Its text, on one line. */
function textOf(html) {
  return html
    .replace(NO_TEXT, ' ')
    .replace(INLINE, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
      if (name) return ENTITIES[name] ?? entity;
      return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal));
    })
    .replace(/\s+/g, ' ')
    .trim();
}

/** @param {string} text @returns {string} For an attribute. */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/**
 * Gives each cell the name of its column. A narrow page shows rows as blocks, with these names. Roles keep the table a
 * table for screen readers.
 * @param {string} html
 */
function labelTables(html) {
  return html.replace(TABLE, (table) => {
    const headers = [...table.matchAll(HEADER)].map(([, header]) => textOf(header));
    const labelled = table.replace(ROW, (row) => {
      let column = 0;
      return row.replace(/<td\b/g, () => `<td role="cell" data-label="${escape(headers[column++] ?? '')}"`);
    });
    return labelled
      .replace('<table>', '<table role="table">')
      .replace(/<tr>/g, '<tr role="row">')
      .replace(/<th\b(?!ead)/g, '<th role="columnheader"');
  });
}

/**
 * @typedef {[url: string, page: string, heading: string, text: string]} Section What is below a heading, or
 *   above the first one.
 */

/**
 * The sections of a page.
 * @param {string} url Of the page, from the root of the site.
 * @param {string} html
 * @returns {Section[]}
 */
function sectionsOf(url, html) {
  const from = html.indexOf('<div class="col-content">');
  const to = html.indexOf('<div class="col-sidebar">');
  if (from < 0) return [];
  const content = html.slice(from, to < from ? undefined : to);
  const title = textOf(/<title>([\s\S]*?)<\/title>/.exec(html)?.[1] ?? '').replace(/ \| [^|]*$/, '');
  const headings = [...content.matchAll(HEADING)];
  const starts = headings.map(({ index }) => Number(index));
  /** @type {Section[]} */
  const sections = [[url, title, '', textOf(content.slice(0, starts[0]))]];
  headings.forEach(([whole, id, heading], nth) => {
    const text = content.slice(starts[nth] + whole.length, starts[nth + 1]);
    sections.push([`${url}#${id}`, title, textOf(heading), textOf(text)]);
  });
  return sections.filter(([, , heading, text]) => heading !== '' || text !== '');
}

module.exports = { labelTables, sectionsOf, textOf };
