// @ts-check
'use strict';

/**
 * For typedoc: documents are named by their heading instead of their file, and grouped by where they
 * are, so that the same files are good to read without a site. Pages get tables that fit a phone
 * (`pages.js`), and a search in their whole text (`browser/search.js`).
 */

const fs = require('node:fs');
const path = require('node:path');
const { labelTables, sectionsOf } = require('./pages.js');

/**
 * The part of typedoc's types that is used. Its own types need those of browsers.
 * @typedef {object} TypedocDocument
 * @property {string} name
 * @property {{text: string}[]} content
 * @property {Record<string, unknown>} frontmatter
 * @property {{files: {getReflectionPath(document: TypedocDocument): string | undefined}}} project
 *
 * @typedef {object} TypedocPage
 * @property {string} url
 * @property {string | undefined} contents
 *
 * @typedef {object} Renderer
 * @property {(event: 'endPage' | 'endRender', listener: (event: any) => void) => void} on
 *
 * @typedef {object} Application
 * @property {Renderer} renderer
 * @property {{on(event: 'createDocument', listener: (context: undefined, document: TypedocDocument) => void): void}} converter
 * @property {{warn(message: string): void}} logger
 */

/** Groups by the beginning of the path from the root; the first that fits. */
const GROUPS = [
  ['docs/guides/', 'Guides'],
  ['docs/deploy/', 'Guides'],
  ['examples/', 'Guides'],
  ['docs/reference/', 'Reference'],
  ['SECURITY', 'Reference'],
  ['CHANGELOG', 'Reference'],
  ['docs/internals/', 'Internals'],
  ['', 'Development'],
];

/** A heading. Lists of documents show a long one only up to its colon or comma. */
const HEADING = /^# (?:The )?([^\n:,]+)/;

/** @param {Application} app */
function load(app) {
  /** @type {import('./pages.js').Section[]} */
  const text = [];
  app.renderer.on('endPage', (/** @type {TypedocPage} */ page) => {
    if (page.contents === undefined) return;
    page.contents = labelTables(page.contents);
    text.push(...sectionsOf(page.url, page.contents));
  });
  app.renderer.on('endRender', ({ outputDirectory }) => {
    // A script, not JSON: pages that are opened as files may load scripts only.
    fs.writeFileSync(path.join(outputDirectory, 'assets/fulltext.js'), `window.siteText = ${JSON.stringify(text)};\n`);
  });

  const root = `${process.cwd().replaceAll('\\', '/')}/`;
  app.converter.on('createDocument', (_context, document) => {
    const file = (document.project.files.getReflectionPath(document) ?? '').replace(root, '');
    document.frontmatter.group = GROUPS.find(([beginning]) => file.startsWith(beginning))?.[1];

    const [first] = document.content;
    const heading = HEADING.exec(first?.text ?? '');
    if (heading === null) {
      app.logger.warn(`${file} does not begin with a heading`);
      return;
    }
    const [, short] = heading;
    document.name = short[0].toUpperCase() + short.slice(1);
  });
}

module.exports = { load };
