// @ts-check
'use strict';

/**
 * Checks that the imports between files of a crate form no circles: `node scripts/imports.js`. With `--list` it
 * prints which file imports which.
 *
 * It reads `use` items and the paths in the code. A name that a module re-exports counts as an import of the file that
 * defines it, and of that module, unless the importing file is inside of the module. A method that is called without an import
 * does not count. Tests are left out.
 *
 * The same holds for the JavaScript that is published, and there `client/` requires nothing of `lib/`.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./run.js');
const { requireProblems } = require('./requires.js');

/** The crates, by the folders of their sources. */
const CRATES = ['src', 'crates/core/src', 'crates/load/src', 'crates/uring/src', 'crates/fuzz/src', 'bench/instructions/src'];

/**
 * Files that may import each other: a stream may run over TLS, and TLS runs over a stream.
 */
const ALLOWED = /^crates\/core\/src\/transport\/(?:stream|tls(?:\/(?:stream|ends))?)\.rs$/;

/**
 * A file as a module.
 * @typedef {object} Module
 * @property {string} file From the crate's folder.
 * @property {string} code Without comments, texts and tests.
 * @property {Map<string, string>} children Module paths by name.
 * @property {Map<string, string[]>} exported Paths that are re-exported, by the name they get.
 * @property {Map<string, string[]>} imported Paths that are imported or re-exported, by name.
 */

/** @param {string} text @returns {string} The text without comments, and with empty texts. */
function plain(text) {
  const pattern = /\/\/.*|\/\*[\s\S]*?\*\/|b?r#"[\s\S]*?"#|b?"(?:\\[\s\S]|[^"\\])*"|b?'(?:\\[^']+|[^'\\])'/g;
  return text.replace(pattern, (found) => (found.startsWith('/') ? '' : '""'));
}

/**
 * The end of the item that begins at `from`: behind its semicolon or its braces.
 * @param {string} code
 * @param {number} from
 */
function endOfItem(code, from) {
  let depth = 0;
  for (let at = from; at < code.length; at++) {
    if (code[at] === '{') depth++;
    if (code[at] === '}' && --depth <= 0) return at + 1;
    if (code[at] === ';' && depth === 0) return at + 1;
  }
  return code.length;
}

/** @param {string} code @returns {string} The code without what is compiled for tests alone. */
function withoutTests(code) {
  let left = code;
  for (;;) {
    const found = /#\[cfg\((?:test|all\(test\b[^\]]*)\)\]/.exec(left);
    if (found === null) return left;
    left = left.slice(0, found.index) + left.slice(endOfItem(left, found.index + found[0].length));
  }
}

/**
 * The paths of a tree of imports, such as `a::{b, c::D as E}`.
 * @param {string} tree
 * @returns {[name: string, path: string[]][]}
 */
function pathsOf(tree) {
  const group = /^([\s\S]*?)\{([\s\S]*)\}$/.exec(tree.trim());
  if (group === null) {
    const [whole, as] = tree.trim().split(/\s+as\s+/);
    const parts = whole.split('::').map((part) => part.trim());
    if (parts.at(-1) === 'self') parts.pop();
    return whole === '' ? [] : [[as ?? String(parts.at(-1)), parts]];
  }
  const prefix = group[1].split('::').map((part) => part.trim()).filter(Boolean);
  /** @type {string[]} */
  const branches = [''];
  let depth = 0;
  for (const char of group[2]) {
    if (char === '{') depth++;
    if (char === '}') depth--;
    if (char === ',' && depth === 0) branches.push('');
    else branches[branches.length - 1] += char;
  }
  return branches.flatMap(pathsOf).map(([name, rest]) => [
    name === 'self' ? String(prefix.at(-1)) : name,
    [...prefix, ...rest],
  ]);
}

/**
 * The modules of a crate, by their paths: `''` for the root, `hub::inbox`.
 * @param {string} folder
 */
function modulesOf(folder) {
  /** @type {Map<string, Module>} */
  const modules = new Map();
  /** @param {string} name @param {string} file */
  const read = (name, file) => {
    const text = fs.readFileSync(path.join(folder, file), 'utf8');
    // The folders in `pub(in …)` are no imports.
    const code = withoutTests(plain(text)).replace(/\bpub\(in [^)]*\)/g, 'pub(crate)');
    /** @type {Module} */
    const module = { file, code, children: new Map(), exported: new Map(), imported: new Map() };
    modules.set(name, module);
    for (const [, isPublic, tree] of code.matchAll(/\b(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);/g)) {
      for (const [as, target] of pathsOf(tree)) {
        module.imported.set(as, target);
        if (isPublic) module.exported.set(as, target);
      }
    }
    const isRoot = ['lib.rs', 'main.rs', 'mod.rs'].includes(path.basename(file));
    const inside = isRoot ? path.dirname(file) : file.slice(0, -'.rs'.length);
    for (const [, child] of code.matchAll(/\bmod\s+(\w+)\s*;/g)) {
      const elsewhere = new RegExp(`#\\[path = "([^"]+)"\\]\\s*(?:pub )?mod ${child};`).exec(text)?.[1];
      const candidates = elsewhere !== undefined
        ? [path.join(path.dirname(file), elsewhere)]
        : [`${child}.rs`, `${child}/mod.rs`].map((at) => path.join(inside, at));
      const found = candidates.find((at) => fs.existsSync(path.join(folder, at)));
      if (found === undefined) continue;
      const childName = name === '' ? child : `${name}::${child}`;
      module.children.set(child, childName);
      read(childName, found);
    }
  };
  read('', fs.existsSync(path.join(folder, 'lib.rs')) ? 'lib.rs' : 'main.rs');
  return modules;
}

/**
 * The module that a path leads to, through re-exports; undefined for other crates.
 * @param {Map<string, Module>} modules
 * @param {string} from The module in which the path stands.
 * @param {string[]} parts
 * @param {(name: string) => void} pass Called for each module that re-exports the name on the way.
 * @param {number} [depth]
 * @returns {{ name: string, isNamespace: boolean } | undefined} `isNamespace` when it is the module itself.
 */
function resolve(modules, from, parts, pass, depth = 0) {
  if (depth > 20) return undefined;
  let at = from;
  let rest = parts;
  if (rest[0] === 'crate') [at, rest] = ['', rest.slice(1)];
  else if (rest[0] === 'self') rest = rest.slice(1);
  else if (rest[0] !== 'super' && !modules.get(from)?.children.has(rest[0])) return undefined;
  while (rest[0] === 'super') [at, rest] = [at.split('::').slice(0, -1).join('::'), rest.slice(1)];
  for (; rest.length > 0; rest = rest.slice(1)) {
    const module = /** @type {Module} */ (modules.get(at));
    const child = module.children.get(rest[0]);
    if (child === undefined) {
      const target = module.imported.get(rest[0]);
      const found = target && resolve(modules, at, [...target, ...rest.slice(1)], pass, depth + 1);
      if (found !== undefined) pass(at);
      return found ?? { name: at, isNamespace: false };
    }
    at = child;
  }
  return { name: at, isNamespace: true };
}

/** @param {string} name @param {string} of @returns {boolean} Whether a module is the other, or inside of it. */
const isWithin = (name, of) => of === '' || `${name}::`.startsWith(`${of}::`);

/**
 * What each module imports. A module that is imported as a whole stands for all that it re-exports, under
 * a name of its own.
 * @param {Map<string, Module>} modules
 */
function importsOf(modules) {
  /** @type {Map<string, Set<string>>} */
  const edges = new Map();
  /** @param {string} from @param {string} to */
  const add = (from, to) => {
    if (from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
  };
  /** @param {string} node @param {string} from @param {string[]} parts */
  const follow = (node, from, parts) => {
    // What a module gets through one that it is a part of, that has from its neighbours.
    const found = resolve(modules, from, parts, (by) => {
      if (!isWithin(from, by)) add(node, by);
    });
    if (found !== undefined) add(node, found.isNamespace ? `${found.name}::*` : found.name);
  };
  for (const [name, module] of modules) {
    const body = module.code.replace(/\b(pub(?:\([^)]*\))?\s+)?use\s+[^;]+;/g, '');
    for (const [as, target] of module.imported) {
      // What is only re-exported is not used here.
      const isUsed = as === '*' || !module.exported.has(as) || new RegExp(`\\b${as}\\b`).test(body);
      if (isUsed) follow(name, name, target);
      if (module.exported.has(as)) follow(`${name}::*`, name, target);
    }
    const starts = ['crate', 'super', ...module.children.keys()].join('|');
    const paths = new RegExp(`(?<![:\\w])(?:${starts})(?:\\s*::\\s*\\w+)+`, 'g');
    for (const [found] of body.matchAll(paths)) {
      follow(name, name, found.split('::').map((part) => part.trim()));
    }
    add(`${name}::*`, name);
  }
  return edges;
}

/**
 * @param {Map<string, Set<string>>} edges
 * @returns {string[][]} All nodes, those that depend on each other in one group; a group comes behind those it
 *   depends on.
 */
function groupsOf(edges) {
  /** @type {Map<string, number>} */
  const order = new Map();
  /** @type {Map<string, number>} */
  const low = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const groups = [];
  /** Tarjan's algorithm. @param {string} node */
  const visit = (node) => {
    const number = order.size;
    order.set(node, number);
    low.set(node, number);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(Number(low.get(node)), Number(low.get(next))));
    }
    if (low.get(node) !== number) return;
    const group = stack.splice(stack.indexOf(node));
    groups.push(group);
  };
  for (const node of edges.keys()) if (!order.has(node)) visit(node);
  return groups;
}

/**
 * @param {Map<string, Set<string>>} edges
 * @returns {string[][]} The groups of nodes that depend on each other.
 */
function circlesOf(edges) {
  return groupsOf(edges).filter((group) => group.length > 1);
}

function main() {
  let failed = false;
  for (const crate of CRATES) {
    const modules = modulesOf(path.join(ROOT, crate));
    const edges = importsOf(modules);
    const show = (/** @type {string} */ node) => path.join(crate, modules.get(node.replace(/(^|::)\*$/, ''))?.file ?? node);
    if (process.argv.includes('--list')) {
      for (const [from, to] of edges) if (!from.endsWith('*')) console.log(`${show(from)}: ${[...to].map(show).join(' ')}`);
    }
    for (const circle of circlesOf(edges)) {
      if (circle.every((node) => ALLOWED.test(show(node).replaceAll(path.sep, '/')))) continue;
      failed = true;
      const files = new Set(circle);
      console.error(`These files of ${crate} import each other in a circle:`);
      for (const from of circle) {
        for (const to of edges.get(from) ?? []) if (files.has(to)) console.error(`  ${show(from)} imports ${show(to)}`);
      }
    }
  }
  for (const problem of requireProblems(circlesOf)) {
    failed = true;
    console.error(problem);
  }
  if (failed) process.exitCode = 1;
}

if (require.main === module) main();

module.exports = { modulesOf, importsOf, groupsOf };
