// @ts-check
'use strict';

/** Writes texts as comments and tables, in the languages of the generated files. */

/** The comment at the beginning of generated files. */
const GENERATED = 'Generated from `facts/`: do not edit, run `npm run facts`.';

/** Longest line of a comment. */
const WIDTH = 118;

/** @param {string} name `refused.maxConnections` @returns {string} `RefusedMaxConnections` */
const pascal = (name) => name.split('.').map((part) => part[0].toUpperCase() + part.slice(1)).join('');

/** @param {string} name `maxConnections` @returns {string} `max_connections` */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Makes a sentence of a part of one, without links. A name of code at its beginning stays as it is.
 * @param {string} doc
 */
function sentence(doc) {
  const plain = doc.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`*/`', '');
  return `${plain[0].toUpperCase()}${plain.slice(1)}${/[.!?]$/.test(plain) ? '' : '.'}`;
}

/**
 * @param {string} text
 * @param {number} width
 * @returns {string[]}
 */
function wrap(text, width) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + 1 + word.length <= width) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * A comment of JavaScript and TypeScript.
 * @param {string} text
 * @param {string} [indent]
 */
function jsDoc(text, indent = '') {
  if (indent.length + text.length + 7 <= WIDTH) return `${indent}/** ${text} */\n`;
  // A tag begins a line of its own.
  const lines = text.split(/ (?=@\w)/).flatMap((part) => wrap(part, WIDTH - indent.length - 3));
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`, ''].join('\n');
}

/**
 * A comment of Rust.
 * @param {string} text
 * @param {string} [mark]
 */
function rustDoc(text, mark = '///') {
  return wrap(text, 100).map((line) => `${mark} ${line}\n`).join('');
}

/**
 * A table of Markdown.
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|\n`;
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

/** @param {string} text */
const code = (text) => `\`${text}\``;

module.exports = { GENERATED, code, jsDoc, pascal, rustDoc, sentence, snake, table };
