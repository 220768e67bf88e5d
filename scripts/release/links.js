// @ts-check
'use strict';

/**
 * Links of published documents: relative links lead to files of the repository, and most of these files are not in the
 * package.
 */

const path = require('node:path');

/** Code, in which nothing is a link: fenced blocks, then spans. */
const CODE = /(^ {0,3}(`{3,}|~{3,})[\s\S]*?^ {0,3}\2[^\n]*$|(`+)(?!`)[\s\S]*?[^`]\3(?!`))/gm;

/** Placeholder for code: a private-use character, which no document has. */
const MARK = /\uE000(\d+)\uE000/g;

const IMAGE = /!\[(?<text>[^\]]*)\]\((?<target>[^()\s]+)(?<title>\s+"[^"]*")?\)/g;
const LINK = /(?<!!)\[(?<text>(?:[^[\]]|\[[^\]]*\])*)\]\((?<target>[^()\s]+)(?<title>\s+"[^"]*")?\)/g;
const DEFINITION = /^ {0,3}\[(?<text>[^\]]+)\]:\s+(?<target>\S+)(?<title>.*)$/gm;
const ATTRIBUTE = /\b(?<name>src|href)="(?<target>[^"]*)"/g;

/** Links that stay as they are: a URL, or a heading of the same page. */
const COMPLETE = /^([a-z][a-z\d+.-]*:|\/\/|#)/i;

/**
 * Where links lead.
 * @typedef {object} Destination
 * @property {string} [url] The repository's page; without it, what leads to no file of the package is shown as text.
 * @property {string} ref The version, as a tag or branch.
 * @property {string[]} files Of the package, from its root.
 */

/**
 * @param {string} text Markdown.
 * @param {string} file Its path from the root.
 * @param {Destination} destination
 * @returns {string} The same with links that lead somewhere from a package.
 */
function withLinks(text, file, { url, ref, files }) {
  /** @param {string} target @param {string} kind @returns {string | undefined} Undefined where it leads nowhere. */
  const resolve = (target, kind) => {
    if (COMPLETE.test(target)) return target;
    const [, name, rest] = /** @type {RegExpExecArray} */ (/^([^?#]*)(.*)$/.exec(target));
    const where = path.posix.join(path.posix.dirname(file), name);
    if (url !== undefined) return `${url}/${kind}/${ref}/${where}${rest}`;
    return files.includes(where) ? target : undefined;
  };
  const change = (/** @type {string} */ part) =>
    part
      .replace(IMAGE, (...found) => {
        const { text: alt, target, title = '' } = found.at(-1);
        const to = resolve(target, 'raw');
        return to === undefined ? alt : `![${alt}](${to}${title})`;
      })
      .replace(LINK, (...found) => {
        const { text: shown, target, title = '' } = found.at(-1);
        const to = resolve(target, 'blob');
        return to === undefined ? shown : `[${shown}](${to}${title})`;
      })
      .replace(DEFINITION, (...found) => {
        const { text: name, target, title } = found.at(-1);
        const to = resolve(target, 'blob');
        // A name that is defined nowhere would be shown in brackets: it stays a link, to this page.
        return `[${name}]: ${to ?? '#'}${title}`;
      })
      .replace(ATTRIBUTE, (...found) => {
        const { name, target } = found.at(-1);
        const to = resolve(target, name === 'src' ? 'raw' : 'blob');
        return `${name}="${to ?? '#'}"`;
      });
  // Code can be part of a link's text: it is put aside, and back afterwards.
  /** @type {string[]} */
  const code = [];
  const marked = text.replace(CODE, (found) => `\uE000${code.push(found) - 1}\uE000`);
  return change(marked).replace(MARK, (_, index) => code[Number(index)]);
}

module.exports = { withLinks };
