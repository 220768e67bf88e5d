// @ts-check
'use strict';

const OPTIONS = require('../../facts/server-options.js');
const { GENERATED, code, jsDoc, rustDoc, sentence, snake, table } = require('./text.js');

/** @typedef {import('../../facts/server-options.js')[number]} Option */

/** Types of the settings of the core: how they are kept. */
const ATOMIC = /** @type {Record<string, string>} */ ({ u32: 'AtomicU32', usize: 'AtomicUsize', bool: 'AtomicBool' });

/** Options that the core has a setting for. @type {(Option & {core: string})[]} */
const CORE = /** @type {any} */ (OPTIONS.filter(({ core }) => core !== undefined));

/** @param {unknown} value */
const literal = (value) => (typeof value === 'string' ? `'${value}'` : String(value));

/** What `lib/options/known-options.js` makes the options of. */
function javascript() {
  const entries = OPTIONS.map(({ name, kind, least, most, values, isRequired, isLive, initial, core }) => {
    const list = values && `[${values.map(literal).join(', ')}]`;
    const fields = { kind: literal(kind), least, most, values: list, isRequired, isLive, initial: initial === undefined ? undefined : literal(initial), core: core && literal(core) };
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    return `  ${name}: { ${given.map(([key, value]) => `${key}: ${value}`).join(', ')} },\n`;
  });
  return `// @ts-check
'use strict';

/**
 * The options of a server, as far as the code needs to know them. ${GENERATED}
 * @typedef {object} Entry
 * @property {string} kind
 * @property {number} [least]
 * @property {number} [most]
 * @property {string[]} [values]
 * @property {boolean} [isRequired]
 * @property {boolean} [isLive]
 * @property {any} [initial]
 * @property {string} [core]
 */

/** @type {{[name: string]: Entry}} */
module.exports = {
${entries.join('')}};
`;
}

/** @param {number} number In Rust. */
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, '_');

/** The settings of the core, with the defaults of the options. */
function core() {
  const kept = CORE.filter((option) => Object.hasOwn(ATOMIC, option.core));
  const fields = kept.map(({ name, core: type }) => `${snake(name)}: ${ATOMIC[type]},\n`);
  const initial = kept.map(({ name, core: type, initial: value }) =>
    `${snake(name)}: ${ATOMIC[type]}::new(${typeof value === 'number' ? grouped(value) : value}),\n`);
  const methods = kept.map(({ name, core: type, doc }) => `
${rustDoc(`\`${name}\`: ${doc.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')}.`)}pub fn ${snake(name)}(&self) -> ${type} {
    self.${snake(name)}.load(Relaxed)
}

/// Sets [\`Settings::${snake(name)}\`].
pub fn set_${snake(name)}(&self, value: ${type}) {
    self.${snake(name)}.store(value, Relaxed);
}
`);
  return `//! The live settings that options set. ${GENERATED}

use std::sync::atomic::{${[...new Set(kept.map(({ core: type }) => ATOMIC[type]))].sort().join(', ')}, Ordering::Relaxed};

/// Live settings, each readable from the io thread and writable from the application's.
#[derive(Debug)]
pub struct Settings {
${fields.join('')}}

impl Settings {${methods.join('')}}

impl Default for Settings {
    fn default() -> Self {
        Self {
${initial.join('')}}
    }
}
`;
}

/** What JavaScript changes settings with. */
function addon() {
  const type = (/** @type {string} */ name) => (name === 'usize' ? 'i64' : name);
  const value = (/** @type {string} */ name) => ({ usize: 'size(value)', SlowConsumer: 'value.into()' })[name] ?? 'value';
  return `//! Settings as JavaScript gives them. ${GENERATED}

use napi_derive::napi;

use line_socket_core::Config;

use super::slow_consumer::SlowConsumer;

/// Settings to change, under the names of their options. An absent setting stays as it is.
#[napi(object, object_to_js = false)]
pub struct Settings {
${CORE.map(({ name, core: kind }) => `pub ${snake(name)}: Option<${type(kind)}>,\n`).join('')}}

impl Settings {
    /// Changes them.
    pub fn apply(self, config: &Config) {
${CORE.map(({ name, core: kind }) => `if let Some(value) = self.${snake(name)} {\nconfig.set_${snake(name)}(${value(kind)});\n}\n`).join('')}}
}

/// A number of bytes or items.
fn size(value: i64) -> usize {
    usize::try_from(value).unwrap_or(if value < 0 { 0 } else { usize::MAX })
}
`;
}

/** @param {Option} option */
function typeOf({ kind, type, values, isRequired }) {
  const numbers = ['ms', 'bytes', 'count', 'integer'];
  const own = type ?? (numbers.includes(kind) ? 'number' : kind === 'choice' ? values?.map(literal).join(' | ') : kind);
  return isRequired ? own : `${own} | null | undefined`;
}

function types() {
  return OPTIONS.map((option) => {
    const { name, doc, details, initial, otherwise } = option;
    const standard = otherwise ?? (initial === undefined ? undefined : literal(initial));
    const text = `${details ?? sentence(doc)}${standard === undefined ? '' : ` @default ${standard}`}`;
    return `${jsDoc(text, '  ')}  ${name}?: ${typeOf(option)};\n`;
  }).join('');
}

/** @param {Option} option */
function shownType({ kind, shown, least, most, values = [], isLive }) {
  const own = shown ?? {
    ms: 'ms', bytes: `bytes ≥ ${least}`, count: 'integer ≥ 0', integer: `integer, ${least} to ${most}`,
    boolean: 'boolean', function: 'function', choice: values.map((value) => code(literal(value))).join(' or '), other: '',
  }[kind];
  return `${own}${isLive ? ', live' : ''}`;
}

function documentation() {
  const rows = OPTIONS.map((option) => {
    const { name, keys, initial, otherwise, doc } = option;
    const shown = typeof initial === 'string' ? code(literal(initial)) : String(initial ?? '');
    return [`${code(name)}${keys ? ` (${keys.map(code).join(', ')})` : ''}`, shownType(option), otherwise ?? shown, doc];
  });
  return table(['option', 'type', 'default', 'meaning'], rows);
}

/** @type {() => import('../facts.js').Output[]} */
module.exports = () => [
  { file: 'lib/options/table.js', text: javascript() },
  { file: 'crates/core/src/hub/config/settings.rs', text: core() },
  { file: 'src/settings/fields.rs', text: addon() },
  { file: 'types/options.d.ts', region: 'server-options', text: types() },
  { file: 'docs/reference/options.md', region: 'server-options', text: documentation() },
];
