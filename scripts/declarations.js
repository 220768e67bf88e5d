// @ts-check
'use strict';

/**
 * Writes `lib/binding/addon.d.ts`, the types of the addon, from its Rust definitions. `#[napi]` items are
 * declared as napi describes them while the crate is compiled. A raw function (`src/raw.rs`) is declared by the
 * signature that its documentation begins with. `--check` only compares: a file that is not current fails. `--built` takes
 * napi's descriptions from the build of the addon for the tests, instead of compiling the crate.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { DESCRIPTIONS, descriptionsOf } = require('./addon.js');
const { ROOT } = require('./run.js');

const FILE = 'lib/binding/addon.d.ts';
const SOURCES = path.join(ROOT, 'src');

/** Arguments that a function may have without names. */
const MOST_ARGUMENTS = 3;

const HEAD = `/**
 * The types of the addon. Generated from the Rust definitions in \`src\`: do not edit, run \`npm run declarations\`.
 */
`;

/**
 * napi's description of one item.
 * @typedef {object} Item
 * @property {'struct' | 'impl' | 'interface' | 'string_enum' | 'fn'} kind
 * @property {string} name
 * @property {string} js_doc
 * @property {string} def
 */

/**
 * @param {string} folder
 * @returns {Item[]} The descriptions that are there.
 */
function described(folder) {
  const lines = fs.readFileSync(path.join(folder, DESCRIPTIONS), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** @returns {Item[]} napi's descriptions of all items of the crate, written during `cargo check`. */
function describe() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-declarations-'));
  try {
    const { status, error } = spawnSync('cargo', ['check', '--quiet', '--package', 'line-socket-native', '--lib', '--locked'], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        NAPI_TYPE_DEF_TMP_FOLDER: folder,
        // The build script asks to be run again when it changes; then the macros run again too.
        NAPI_FORCE_BUILD_LINE_SOCKET_NATIVE: String(Date.now()),
      },
    });
    if (error || status !== 0) throw new Error(`cargo check failed: ${error?.message ?? `exit code ${status}`}`);
    return described(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/**
 * The documentation of an item, without its sections for Rust.
 * @param {string} doc
 */
function plainDoc(doc) {
  return doc.replace(/\n \* ?\n \* # Errors[^]*?(?=\n \*\/)/, '').replace(/^\s*\/\*\*\n \* (.*)\n \*\//, '/** $1 */').replace(/ +$/gm, '');
}

/** @param {string} text */
function indent(text) {
  return text.replace(/^(?=.)/gm, '  ');
}

/**
 * The members of a class or interface: each is one line after its documentation.
 * @param {string} def
 * @returns {string[]}
 */
function members(def) {
  const found = def.matchAll(/(?:^\s*(\/\*\*[^]*?\*\/)\n)?^(.+)$/gm);
  return [...found].map(([, doc, member]) => indent(`${doc ? `${plainDoc(doc)}\n` : ''}${member.trim()};\n`));
}

/** @param {Item} item @param {Item[]} items */
function declaration({ kind, name, def, js_doc: doc }, items) {
  const head = plainDoc(doc);
  if (kind === 'fn') return `${head}export declare ${def};\n`;
  if (kind === 'interface') return `${head}export interface ${name} {\n${members(def).join('')}}\n`;
  if (kind === 'string_enum') return `${head}export type ${name} = ${[...def.matchAll(/'.*?'/g)].join(' | ')};\n`;
  const own = items.filter((other) => other.kind === 'impl' && other.name === name);
  // The constructor first, then in alphabetical order: the order of compilation is not stable.
  const methods = own.flatMap((impl) => members(impl.def));
  const isMaker = (/** @type {string} */ method) => method.includes('constructor(');
  const nameOf = (/** @type {string} */ method) => /** @type {RegExpExecArray} */ (/^ {2}(?:static )?(\w+)\(/m.exec(method))[1];
  for (const method of methods) {
    const [, words = ''] = /^ {2}(?:static )?\w+\(([^)]*)\)/m.exec(method) ?? [];
    if (words.split(': ').length - 1 > MOST_ARGUMENTS) throw new Error(`${name}.${nameOf(method)} has more than ${MOST_ARGUMENTS} arguments: give them names`);
  }
  methods.sort((a, b) => Number(isMaker(b)) - Number(isMaker(a)) || (nameOf(a) < nameOf(b) ? -1 : 1));
  return `${head}export declare class ${name} {\n${methods.join('')}}\n`;
}

/**
 * A comment, wrapped again because the signature before the text is removed.
 * @param {string} text
 */
function comment(text) {
  if (text === '') return '';
  const lines = text.replace(/\s+/g, ' ').match(/.{1,110}(?= |$)/g)?.map((line) => line.trim()) ?? [];
  return lines.length === 1 ? `/** ${lines[0]} */\n` : `/**\n * ${lines.join('\n * ')}\n */\n`;
}

/**
 * The raw functions: `raw::define(object, "name", server, function)`, whose documentation begins with
 * `` `name(argument: type): type`. ``
 * @returns {string}
 */
function dataPath() {
  const files = fs.readdirSync(SOURCES).filter((name) => name.endsWith('.rs')).sort();
  const found = files.flatMap((file) => {
    const source = fs.readFileSync(path.join(SOURCES, file), 'utf8');
    return [...source.matchAll(/raw::define\(object, "(\w+)", server, (\w+)\)/g)].map(([, name, rust]) => {
      const [, doc] = new RegExp(`((?:^///.*\\n)+)fn ${rust}\\(`, 'm').exec(source) ?? [];
      const text = doc?.replace(/^\/\/\/ ?/gm, '').trim() ?? '';
      const [, signature, rest] = /^`([^`]*)`\.\s*([^]*)$/.exec(text) ?? [];
      const isTyped = signature?.replace(/\s+/g, ' ').match(/^(\w+)\(((?:\w+: [^,]+(?:, )?)*)\): .+$/);
      if (!isTyped || isTyped[1] !== name) {
        throw new Error(`src/${file}: the documentation of ${rust} must begin with \`${name}(argument: type, …): type\`.`);
      }
      return indent(`${comment(rest.trim())}${signature.replace(/\s+/g, ' ')};\n`);
    });
  });
  const doc = '/** What runs for each message or connection, which is a number here: its slot. */\n';
  return `${doc}export interface DataPath {\n${found.join('')}}\n`;
}

/**
 * Declares the classes of values that JavaScript can only pass back.
 * @param {Item[]} items
 */
function externals(items) {
  const names = new Set(items.flatMap(({ def }) => [...def.matchAll(/ExternalObject<(\w+)>/g)].map(([, name]) => name)));
  return [...names].sort().map((name) => `/** Something of the addon's that is only handed back to it. */\nexport declare class ${name} {\n  private constructor();\n}\n`);
}

/** @returns {string} */
function declarations() {
  const items = process.argv.includes('--built') ? described(descriptionsOf('tests')) : describe();
  const rank = ['fn', 'struct', 'interface', 'string_enum'];
  const shown = items.filter(({ kind }) => kind !== 'impl')
    .sort((a, b) => rank.indexOf(a.kind) - rank.indexOf(b.kind) || (a.name < b.name ? -1 : 1));
  const text = [HEAD, ...shown.map((item) => declaration(item, items)), ...externals(items), dataPath()].join('\n');
  return text.replace(/ExternalObject<(\w+)>/g, '$1');
}

function main() {
  const file = path.join(ROOT, FILE);
  const text = declarations();
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(file, text);
  } else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8').replaceAll('\r\n', '\n') !== text) {
    throw new Error(`${FILE} is not current: run npm run declarations`);
  }
}

try {
  main();
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
