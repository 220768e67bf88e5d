// @ts-check
'use strict';

const { groups } = require('./cases');
const { circumstances, short } = require('./table');

/** Sizes in pixels of the SVG's own coordinates. */
const WIDTH = 860;
const MARGIN = 24;
const COLUMN = 406;
const LABEL = 160;
const VALUE = 56;
const BAR = 14;
const ROW = 22;
const CAPTION_CHARACTERS = 140;

/** The card has a background of its own, in both themes, so the text is readable on any page. */
const STYLE = `
    .card { fill: #ffffff; stroke: #d0d7de }
    text { font: 12px -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
    .title { font-size: 15px; font-weight: 600 }
    .panel { font-weight: 600 }
    .caption { font-size: 10.5px; fill: #59636e }
    .peer { fill: #8c959f }
    .ours { fill: #0969da }
    .js { fill-opacity: 1 }
    .other { fill-opacity: 0.45 }
    @media (prefers-color-scheme: dark) {
      .card { fill: #0d1117; stroke: #3d444d }
      text { fill: #f0f6fc }
      .caption { fill: #9198a1 }
      .peer { fill: #7d8590 }
      .ours { fill: #4493f8 }
    }`;

/**
 * One chart for each group of cases that has results.
 * @param {import('./results').Results} results The results.
 * @returns {{key: string, svg: string}[]} File names without their ending, and contents.
 */
function charts(results) {
  const drawn = groups.map((group) => ({ group, cases: results.cases.filter((one) => one.group === group.key) }));
  return drawn
    .filter(({ cases }) => cases.length > 0)
    .map(({ group, cases }) => ({ key: group.key, svg: chart(results, group, cases) }));
}

/**
 * Draws a group: one panel for each case, each with a scale of its own.
 * @param {import('./results').Results} results The results.
 * @param {import('./cases').Group} group The group.
 * @param {import('./results').Results['cases']} cases Its cases.
 * @returns {string} The SVG.
 */
function chart(results, group, cases) {
  const caption = circumstances(results).flatMap(wrap);
  if (group.figure === 'cpu_us') caption.unshift('strong part of a bar: on the JavaScript thread');
  const panels = cases.map((one) => panelOf(results, group, one));
  const heights = panels.map(({ bars }) => 26 + bars.length * ROW);
  const rowHeight = Math.max(...heights);
  const top = MARGIN + 34;
  const rows = Math.ceil(panels.length / 2);
  const captionTop = top + rows * (rowHeight + 12) + 6;
  const height = captionTop + caption.length * 15 + MARGIN - 10;

  const body = panels.map(({ title, bars }, index) => {
    const x = MARGIN + (index % 2) * COLUMN;
    const y = top + Math.floor(index / 2) * (rowHeight + 12);
    return panel(x, y, title, bars);
  });
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escape(group.title)}">`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    `  <text class="title" x="${MARGIN}" y="${MARGIN + 12}">${escape(group.title)} (less is better)</text>`,
    ...body,
    ...caption.map((text, index) =>
      `  <text class="caption" x="${MARGIN}" y="${captionTop + 12 + index * 15}">${escape(text)}</text>`),
    '</svg>',
    '',
  ].join('\n');
}

/**
 * A bar.
 * @typedef {object} Bar
 * @property {string} label Name of the peer.
 * @property {number} value Length of the bar.
 * @property {number} strong Part of it that is drawn strongly.
 * @property {boolean} ours Whether it is this package's.
 */

/**
 * Title and bars of one case.
 * @param {import('./results').Results} results The results.
 * @param {import('./cases').Group} group Its group.
 * @param {import('./results').Results['cases'][0]} one The case.
 * @returns {{title: string, bars: Bar[]}} The panel.
 */
function panelOf({ peers }, { figure }, { short: title, cells }) {
  const bars = peers.flatMap(({ key, title: label }) => {
    const median = cells[key]?.median;
    if (!median) return [];
    const value = Math.max(0, median[figure]);
    return [{ label, value, strong: figure === 'cpu_us' ? Math.min(median.js_us, value) : value, ours: key === 'ours' }];
  });
  return { title, bars };
}

/**
 * Draws a panel.
 * @param {number} x Its left edge.
 * @param {number} y Its top edge.
 * @param {string} title Its title.
 * @param {Bar[]} bars Its bars.
 */
function panel(x, y, title, bars) {
  const scale = (COLUMN - LABEL - VALUE - 12) / Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const lines = bars.map(({ label, value, strong, ours }, index) => {
    const top = y + 24 + index * ROW;
    const kind = ours ? 'ours' : 'peer';
    const left = x + LABEL;
    const [full, part] = [value, strong].map((number) => (number * scale).toFixed(1));
    return [
      `  <text x="${left - 8}" y="${top + 11}" text-anchor="end"${ours ? ' class="panel"' : ''}>${escape(label)}</text>`,
      `  <rect class="${kind} other" x="${left}" y="${top}" width="${full}" height="${BAR}"/>`,
      `  <rect class="${kind} js" x="${left}" y="${top}" width="${part}" height="${BAR}"/>`,
      `  <text x="${(left + Number(full) + 6).toFixed(1)}" y="${top + 11}">${short(value)}</text>`,
    ].join('\n');
  });
  return [`  <text class="panel" x="${x}" y="${y + 12}">${escape(title)}</text>`, ...lines].join('\n');
}

/**
 * Breaks a line of text into lines of a caption.
 * @param {string} text The text.
 * @returns {string[]} The lines.
 */
function wrap(text) {
  return text.split(' ').reduce((lines, word) => {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + word.length < CAPTION_CHARACTERS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
    return lines;
  }, /** @type {string[]} */ ([]));
}

/**
 * Text for use in XML.
 * @param {string} text The text.
 */
function escape(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

module.exports = { charts };
