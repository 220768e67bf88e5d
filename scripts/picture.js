// @ts-check
'use strict';

/**
 * Writes docs/internals/modules.md, which shows how the modules and files of the core depend on each other:
 * `node scripts/picture.js`. With `--check` it only checks that the page is current.
 */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./run.js');
const { groupsOf, importsOf, modulesOf } = require('./imports.js');

const CRATE = 'crates/core/src';
const PAGE = path.join(ROOT, 'docs', 'internals', 'modules.md');

const TEXT = `# Modules of the core

What the modules and files of \`${CRATE}\` import of each other. An arrow leads from a file to one that it imports. No arrow
leads back, which \`node scripts/imports.js\` checks. Arrows that follow from others are left out: when A imports B and C,
and B imports C, the arrow from A to C is not drawn. The files of streams and of TLS, which may import each other, are one
box: a stream is one under TLS or not, and what is under TLS is a stream again. A file that no arrow leads to adds methods
to a type of another file, or is used by other modules alone.

\`node scripts/picture.js\` writes this page, and \`npm run lint\` checks that it is current. What each file is for stands in
[the map](map.md).
`;

/**
 * A directed graph without circles, as sets of targets.
 * @typedef {Map<string, Set<string>>} Graph
 */

/**
 * @param {Graph} edges
 * @param {(node: string) => string | undefined} placeOf What a node is drawn as; undefined when it is not.
 * @returns {Graph} The graph of places.
 */
function placed(edges, placeOf) {
  /** @type {Graph} */
  const graph = new Map();
  for (const [from, targets] of edges) {
    const source = placeOf(from);
    if (source === undefined) continue;
    const found = graph.get(source) ?? new Set();
    graph.set(source, found);
    for (const to of targets) {
      const target = placeOf(to);
      if (target === undefined || target === source) continue;
      found.add(target);
      if (!graph.has(target)) graph.set(target, new Set());
    }
  }
  return graph;
}

/** @param {Graph} graph @returns {Graph} The same with each circle as one node. */
function withoutCircles(graph) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const group of groupsOf(graph)) for (const node of group) names.set(node, group.sort().join(', '));
  return placed(graph, (node) => names.get(node));
}

/** @param {Graph} graph @returns {Graph} The same without arrows that follow from others. */
function reduced(graph) {
  /** @type {Map<string, Set<string>>} Everything that can be reached. */
  const reached = new Map();
  /** @param {string} node @returns {Set<string>} */
  const reach = (node) => {
    const known = reached.get(node);
    if (known !== undefined) return known;
    /** @type {Set<string>} */
    const all = new Set();
    reached.set(node, all);
    for (const to of graph.get(node) ?? []) for (const far of [to, ...reach(to)]) all.add(far);
    return all;
  };
  /** @type {Graph} */
  const left = new Map();
  for (const [from, targets] of graph) {
    const direct = [...targets].filter((to) => ![...targets].some((other) => other !== to && reach(other).has(to)));
    left.set(from, new Set(direct));
  }
  return left;
}

/** @param {Graph} graph @returns {string} The graph in the language of Mermaid. */
function drawn(graph) {
  const nodes = [...graph.keys()].sort();
  const id = (/** @type {string} */ node) => node.replaceAll(/\W+/g, '_');
  const lines = nodes.filter((node) => id(node) !== node).map((node) => `  ${id(node)}["${node}"]`);
  for (const node of nodes) for (const to of [...graph.get(node) ?? []].sort()) lines.push(`  ${id(node)} --> ${id(to)}`);
  return ['```mermaid', 'graph TD', ...lines, '```', ''].join('\n');
}

function page() {
  const modules = modulesOf(path.join(ROOT, CRATE));
  const edges = importsOf(modules);
  // A module that is imported as a whole is drawn as its file.
  const pathOf = (/** @type {string} */ node) => node.replace(/(?:^|::)\*$/, '');
  const topOf = (/** @type {string} */ node) => pathOf(node).split('::')[0] || undefined;
  const parts = [TEXT, '## Modules\n', drawn(reduced(withoutCircles(placed(edges, topOf))))];
  // Re-exports of a module are not dependencies of its own file.
  const own = new Map([...edges].filter(([from]) => !from.endsWith('*')));
  for (const top of [...new Set([...modules.keys()].map(topOf))].sort()) {
    if (top === undefined) continue;
    const files = placed(own, (node) => {
      const module = pathOf(node);
      if (topOf(node) !== top) return undefined;
      const file = modules.get(module)?.file.replaceAll(path.sep, '/');
      return file?.replace(/\.rs$/, '').replace(`${top}/`, '');
    });
    if (files.size > 1) parts.push(`## \`${top}\`\n`, drawn(reduced(withoutCircles(files))));
  }
  return parts.join('\n');
}

const text = page();
if (process.argv.includes('--check')) {
  if (!fs.existsSync(PAGE) || fs.readFileSync(PAGE, 'utf8') !== text) {
    console.error('docs/internals/modules.md is not current: run `node scripts/picture.js`');
    process.exitCode = 1;
  }
} else {
  fs.writeFileSync(PAGE, text);
}
