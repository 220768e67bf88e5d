// @ts-check
'use strict';

const { GROUPS, OPTIONS } = require('../../facts/client-options.js');
const { code, jsDoc, sentence, table } = require('./text.js');

/** @typedef {(typeof OPTIONS)[number]} Option */

/** @param {unknown} value */
const literal = (value) => (typeof value === 'string' ? `'${value}'` : String(value));

/** @param {string} name */
const last = (name) => /** @type {string} */ (name.split('.').pop());

/**
 * The options in their order, and the objects that some are in at the first of these.
 * @template T
 * @param {(option: Option) => T} own
 * @param {(name: string, members: Option[]) => T} grouped
 * @returns {T[]}
 */
function mapTree(own, grouped) {
  const names = [...new Set(OPTIONS.map(({ name }) => name.split('.')[0]))];
  return names.map((name) => {
    const option = OPTIONS.find((each) => each.name === name);
    return option ? own(option) : grouped(name, OPTIONS.filter((each) => each.name.startsWith(`${name}.`)));
  });
}

function javascript() {
  const isAbsent = (/** @type {Option} */ { initial, inner, name }) => (initial === undefined || inner !== undefined) && !name.includes('.');
  const field = (/** @type {Option} */ { name, initial }) => `${last(name)}: ${literal(initial)}`;
  const defaults = mapTree(
    (option) => (isAbsent(option) ? '' : `  ${field(option)},\n`),
    (name, members) => `  ${name}: { ${members.map(field).join(', ')} },\n`,
  );
  const inner = (/** @type {Option} */ { inner: own = {} }) => Object.entries(own).map(([key, value]) => `${key}: ${value}`).join(', ');
  const optional = OPTIONS.filter(isAbsent).map((option) => `${option.name}: ${option.inner ? `{ ${inner(option)} }` : null}`);
  const fromOne = OPTIONS.filter(({ least }) => least === 1).map(({ name }) => last(name));
  return `/**
 * The defaults. What an option takes is seen from its default: where that is an integer, integers; where
 * it is a fraction, fractions too.
 */
const DEFAULTS = {
${defaults.join('')}};

/** Options that are absent by default, with the defaults within them. */
const OPTIONAL = { ${optional.join(', ')} };

/** Numbers that are 1 or more; the others may be 0. */
const FROM_ONE = /^(${[...fromOne, 'max'].join('|')})$/;
`;
}

/** @param {Option} option @param {string} indent */
function declared({ name, kind, type, doc, details, initial, otherwise }, indent) {
  const standard = otherwise ?? (initial === undefined ? undefined : literal(initial));
  const text = `${details ?? sentence(doc)}${standard === undefined ? '' : ` @default ${standard}`}`;
  return `${jsDoc(text, indent)}${indent}${last(name)}?: ${type ?? (kind === 'boolean' ? 'boolean' : 'number')};\n`;
}

function types() {
  return mapTree(
    (option) => declared(option, '  '),
    (name, members) => `${jsDoc(GROUPS[name], '  ')}  ${name}?: {\n${members.map((each) => declared(each, '    ')).join('')}  };\n`,
  ).join('');
}

/** @param {Option} option */
function shownType({ kind, shown, least = 0 }) {
  if (shown !== undefined) return shown;
  if (kind === 'ms') return least ? 'ms ≥ 1' : 'ms';
  return kind === 'boolean' || kind === 'other' ? kind : `${kind} ≥ ${least}`;
}

function documentation() {
  const rows = OPTIONS.map((option) => [code(option.name), shownType(option), option.otherwise ?? String(option.initial ?? ''), option.doc]);
  return table(['option', 'type', 'default', 'meaning'], rows);
}

/** @type {() => import('../facts.js').Output[]} */
module.exports = () => [
  { file: 'client/options.js', region: 'client-options', text: javascript() },
  { file: 'types/client-options.d.ts', region: 'client-options', text: types() },
  { file: 'docs/reference/client-options.md', region: 'client-options', text: documentation() },
];
