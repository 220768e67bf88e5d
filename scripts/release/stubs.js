// @ts-check
'use strict';

/**
 * Reads stub libraries of macOS (`.tbd`, version 4): which symbols a release of the system has. Apple ships such files
 * for linkers. They are YAML, of which this reads only lists of names in brackets.
 */

/** Lists of symbols, in the sections `exports` and `reexports`: first for which targets, then the names by kind. */
const LISTS = /\b(targets|(?:weak-|thread-local-)?symbols|objc-(?:classes|eh-types|ivars)): *\[([^\]]*)\]/g;

/** A section of a document: a name at the beginning of a line, and all indented lines behind it. */
const SECTIONS = /^(exports|reexports):\n((?:[ \t].*\n?)*)/gm;

/** How a symbol begins that tells linkers something and is not one. */
const DIRECTIVE = '$ld$';

/** @param {string} list Names with commas between them, some in quotes. */
const names = (list) => list.split(',').map((name) => name.trim().replace(/^'(.*)'$/, '$1')).filter(Boolean);

/**
 * @param {string} stubs The text of the file.
 * @param {string} target E.g. `arm64-macos`.
 * @returns {Set<string>} The symbols, as binaries name them.
 * @throws {Error} When there are none for the target.
 */
function symbolsOf(stubs, target) {
  /** @type {Set<string>} */
  const found = new Set();
  for (const [, , body] of stubs.matchAll(SECTIONS)) {
    let isMeant = false;
    for (const [, kind, list] of body.matchAll(LISTS)) {
      if (kind === 'targets') isMeant = names(list).includes(target);
      else if (isMeant && kind.endsWith('symbols')) for (const name of names(list)) if (!name.startsWith(DIRECTIVE)) found.add(name);
    }
  }
  if (found.size === 0) throw new Error(`the stub libraries have no symbols for ${target}`);
  return found;
}

module.exports = { symbolsOf };
