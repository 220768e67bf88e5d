// @ts-check
'use strict';

/** What options have in them: the tables that the checks go by, types, and tables of the documentation. */

const ADAPTER = require('../../facts/adapter-options.js');
const NESTED = require('../../facts/nested-options.js');
const { GENERATED, code, jsDoc, sentence, table } = require('./text.js');

/** @typedef {import('../../facts/nested-options.js')[string][number] | import('../../facts/adapter-options.js')[number]} Option */

/** @param {unknown} value */
const literal = (value) => (typeof value === 'string' ? `'${value}'` : String(value));

/**
 * What the code needs to know of options, as the lines of an object.
 * @param {readonly Option[]} options
 * @param {string} indent
 */
function entries(options, indent) {
  return options.map(({ name, kind, least, values, isRequired, initial, ...rest }) => {
    const { most, why } = /** @type {{most?: number, why?: string}} */ (rest);
    const list = values && `[${values.map(literal).join(', ')}]`;
    const fields = { kind: literal(kind), least, most, values: list, why: why && literal(why), isRequired, initial: initial === undefined ? undefined : literal(initial) };
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    return `${indent}${name}: { ${given.map(([key, value]) => `${key}: ${value}`).join(', ')} },\n`;
  }).join('');
}

const ENTRY = ` * @typedef {object} Entry
 * @property {string} kind
 * @property {number} [least]
 * @property {number} [most]
 * @property {string[]} [values]
 * @property {string} [why]
 * @property {boolean} [isRequired]
 * @property {any} [initial]
`;

/**
 * @param {string} doc
 * @param {string} type
 * @param {string} body
 */
function javascript(doc, type, body) {
  return `// @ts-check
'use strict';

/**
 * ${doc} ${GENERATED}
${ENTRY} */

/** @type {${type}} */
module.exports = {
${body}};
`;
}

/** @param {Option} option */
function typeOf({ kind, type, values }) {
  return type ?? (kind === 'boolean' || kind === 'string' ? kind : (values?.map(literal).join(' | ') ?? 'number'));
}

/** @param {readonly Option[]} options */
function types(options) {
  return options.map((option) => {
    const { name, doc, details, isRequired, initial, otherwise } = option;
    const standard = otherwise ?? (initial === undefined ? undefined : literal(initial));
    const text = `${details ?? sentence(doc)}${standard === undefined ? '' : ` @default ${standard}`}`;
    const type = typeOf(option);
    return `${jsDoc(text, '  ')}  ${name}${isRequired ? `: ${type}` : `?: ${type} | null | undefined`};\n`;
  }).join('');
}

/** @param {Option} option */
function shownType({ kind, shown, least, values = [], ...rest }) {
  const { most } = /** @type {{most?: number}} */ (rest);
  const [last, ...others] = values.map((value) => code(literal(value))).reverse();
  return shown ?? {
    ms: `ms ≥ ${least}`, bytes: `bytes ≥ ${least}`, integer: most === undefined ? `integer ≥ ${least}` : `integer, ${least} to ${most}`,
    choice: `${others.reverse().join(', ')} or ${last}`, boolean: 'boolean', string: 'string', object: 'object', other: '',
  }[kind];
}

/**
 * @param {string} where
 * @param {readonly Option[]} options
 */
function documentation(where, options) {
  const rows = options.map((option) => {
    const { name, isRequired, initial, otherwise, doc } = option;
    const shown = isRequired ? 'required' : typeof initial === 'string' ? code(literal(initial)) : String(initial ?? '');
    return [code(name), shownType(option), otherwise ?? shown, doc];
  });
  return table([`in ${code(where)}`, 'type', 'default', 'meaning'], rows);
}

/** Where each list is in the documentation, and the file of its types. @type {Record<string, {where: string, file: string}>} */
const PLACES = {
  tls: { where: 'tls', file: 'types/options.d.ts' },
  history: { where: 'history[room]', file: 'types/history.d.ts' },
  presence: { where: 'presence[room]', file: 'types/presence.d.ts' },
  perMessageDeflate: { where: 'perMessageDeflate', file: 'types/compression.d.ts' },
  zlibDeflateOptions: { where: 'zlibDeflateOptions', file: 'types/compression.d.ts' },
  zlibInflateOptions: { where: 'zlibInflateOptions', file: 'types/compression.d.ts' },
};

/** @param {string} name `zlibDeflateOptions` @returns {string} `zlib-deflate-options` */
const dashed = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * The types and the table of one list.
 * @param {string} region
 * @param {{where: string, file: string}} place
 * @param {readonly Option[]} options
 * @returns {import('../facts.js').Output[]}
 */
const descriptions = (region, { where, file }, options) => [
  { file, region, text: types(options) },
  { file: 'docs/reference/options.md', region, text: documentation(where, options) },
];

/** @type {() => import('../facts.js').Output[]} */
module.exports = () => [
  {
    file: 'lib/options/adapter-table.js',
    text: javascript('What the option `adapter` may have when it names a Redis.', '{[name: string]: Entry}', entries(ADAPTER, '  ')),
  },
  ...descriptions('adapter-options', { where: 'adapter', file: 'types/adapter.d.ts' }, ADAPTER),
  {
    file: 'lib/options/nested-table.js',
    text: javascript(
      'What options have in them, by the name of the option.',
      `{[option in ${Object.keys(NESTED).map(literal).join(' | ')}]: {[name: string]: Entry}}`,
      Object.entries(NESTED).map(([name, options]) => `  ${name}: {\n${entries(options, '    ')}  },\n`).join(''),
    ),
  },
  ...Object.entries(NESTED).flatMap(([name, options]) => descriptions(`in-${dashed(name)}`, PLACES[name], options)),
];
