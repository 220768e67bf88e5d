// @ts-check
'use strict';

const COUNTERS = require('../../facts/counters.js');
const { GENERATED, code, jsDoc, pascal, rustDoc, sentence, snake, table } = require('./text.js');

/** What the object that counters are in says of itself, and is called in Rust and in the types. */
const GROUPS = /** @type {Record<string, {type: string, declared: string, doc: string}>} */ ({
  refused: { type: 'Refused', declared: 'RefusedConnections', doc: 'Connections that did not come about, by reason.' },
  recoveries: { type: 'RecoveryCounts', declared: 'RecoveryCounts', doc: 'What has become of clients that came back to rooms with history.' },
  history: { type: 'HistoryCounts', declared: 'HistoryCounts', doc: 'What is kept of rooms with history.' },
});

const PUBLIC = COUNTERS.filter(({ isInternal }) => !isInternal);

/**
 * The counters as an object has them, with those of an object in it at the first of these.
 * @returns {{name: string, doc: string, members?: import('../../facts/counters.js')[number][]}[]}
 */
function fields() {
  const names = [...new Set(PUBLIC.map(({ name }) => name.split('.')[0]))];
  return names.map((name) => {
    if (!Object.hasOwn(GROUPS, name)) return /** @type {any} */ (PUBLIC.find((counter) => counter.name === name));
    return { name, doc: GROUPS[name].doc, members: PUBLIC.filter((counter) => counter.name.startsWith(`${name}.`)) };
  });
}

/** @param {string} name */
const last = (name) => /** @type {string} */ (name.split('.').pop());

function core() {
  const counted = COUNTERS.filter(({ isComputed }) => !isComputed);
  const variants = counted.map(({ name, doc }) => `${rustDoc(sentence(doc))}${pascal(name)},\n`);
  return `//! What is counted. ${GENERATED}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
${variants.join('')}}

impl Counter {
    /// How many there are.
    pub(super) const COUNT: usize = ${counted.length};
}
`;
}

/** @param {import('../../facts/counters.js')[number]} counter */
function value({ name, isComputed }) {
  return `${snake(last(name))}: ${isComputed ? `computed::${snake(name.replace('.', '_'))}(server)` : `count(Counter::${pascal(name)})`},\n`;
}

function addon() {
  const structs = fields().filter(({ members }) => members).map(({ name, doc, members = [] }) => `
${rustDoc(doc)}#[napi(object, object_from_js = false)]
pub struct ${GROUPS[name].type} {
${members.map((member) => `pub ${snake(last(member.name))}: i64,\n`).join('')}}
`);
  const own = fields().map(({ name, members }) => `pub ${snake(name)}: ${members ? GROUPS[name].type : 'i64'},\n`);
  const values = fields().map((field) => {
    if (!field.members) return value(field);
    return `${snake(field.name)}: ${GROUPS[field.name].type} {\n${field.members.map(value).join('')}},\n`;
  });
  return `//! The numbers of \`getStats\`. ${GENERATED}

use napi_derive::napi;

use line_socket_core::Counter;

use super::computed;
use crate::state::JsServer;
${structs.join('')}
/// The numbers of \`getStats\`: see \`docs/reference/stats.md\`.
#[napi(object, object_from_js = false)]
pub struct Stats {
${own.join('')}}

impl Stats {
    /// Reads all of them.
    pub fn read(server: &JsServer) -> Self {
        let count = |counter| server.hub.stats.get(counter).cast_signed();
        Self {
${values.join('')}}
    }
}
`;
}

/** @param {string} indent @param {{name: string, doc: string}[]} members @param {(name: string) => string} type */
const declared = (indent, members, type) => members
  .map(({ name, doc }) => `${jsDoc(sentence(doc), indent)}${indent}readonly ${last(name)}: ${type(name)};\n`).join('');

function types() {
  const groups = fields().filter(({ members }) => members).map(({ name, doc, members = [] }) => `${jsDoc(doc)}export interface ${GROUPS[name].declared} {
${declared('  ', members, () => 'number')}}
`);
  return `/** Types of what a server counts. ${GENERATED} */

import type { AdapterStats } from './adapter.js';

${groups.join('\n')}
/** What \`server.getStats()\` gives: numbers since the server was made, unless it says "now". */
export interface ServerStats {
${declared('  ', fields(), (name) => (Object.hasOwn(GROUPS, name) ? GROUPS[name].declared : 'number'))}  /** Of the servers that are joined by the option \`adapter\`; null without it, and while the server does not run. */
  readonly adapter: AdapterStats | null;
}
`;
}

/** @type {() => import('../facts.js').Output[]} */
module.exports = () => [
  { file: 'crates/core/src/hub/stats/counter.rs', text: core() },
  { file: 'src/stats/fields.rs', text: addon() },
  { file: 'types/stats.d.ts', text: types() },
  { file: 'docs/reference/stats.md', region: 'counters', text: table(['counter', 'counts'], PUBLIC.map(({ name, doc }) => [code(name), doc])) },
];
