// @ts-check
'use strict';

const OPTIONS = require('../../facts/adapter-options.js');
const { GENERATED, code, jsDoc, sentence, table } = require('./text.js');

/** @typedef {import('../../facts/adapter-options.js')[number]} Option */

/** @param {unknown} value */
const literal = (value) => (typeof value === 'string' ? `'${value}'` : String(value));

/** What `lib/options/adapter.js` checks by. */
function javascript() {
  const entries = OPTIONS.map(({ name, kind, least, values, isRequired, initial }) => {
    const list = values && `[${values.map(literal).join(', ')}]`;
    const fields = { kind: literal(kind), least, values: list, isRequired, initial: initial === undefined ? undefined : literal(initial) };
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    return `  ${name}: { ${given.map(([key, value]) => `${key}: ${value}`).join(', ')} },\n`;
  });
  return `// @ts-check
'use strict';

/**
 * What the option \`adapter\` may have when it names a Redis. ${GENERATED}
 * @typedef {object} Entry
 * @property {string} kind
 * @property {number} [least]
 * @property {string[]} [values]
 * @property {boolean} [isRequired]
 * @property {any} [initial]
 */

/** @type {{[name: string]: Entry}} */
module.exports = {
${entries.join('')}};
`;
}

/** @param {Option} option */
function typeOf({ kind, type, values }) {
  return type ?? (kind === 'boolean' ? 'boolean' : (values?.map(literal).join(' | ') ?? 'number'));
}

function types() {
  return OPTIONS.map((option) => {
    const { name, doc, details, isRequired, initial, otherwise } = option;
    const standard = otherwise ?? (initial === undefined ? undefined : literal(initial));
    const text = `${details ?? sentence(doc)}${standard === undefined ? '' : ` @default ${standard}`}`;
    const type = typeOf(option);
    return `${jsDoc(text, '  ')}  ${name}${isRequired ? `: ${type}` : `?: ${type} | null | undefined`};\n`;
  }).join('');
}

/** @param {Option} option */
function shownType({ kind, shown, least, values = [] }) {
  return shown ?? { ms: `ms ≥ ${least}`, bytes: `bytes ≥ ${least}`, boolean: 'boolean', choice: values.map((value) => code(literal(value))).join(' or '), other: '' }[kind];
}

function documentation() {
  const rows = OPTIONS.map((option) => {
    const { name, isRequired, initial, otherwise, doc } = option;
    const shown = isRequired ? 'required' : typeof initial === 'string' ? code(literal(initial)) : String(initial ?? '');
    return [code(name), shownType(option), otherwise ?? shown, doc];
  });
  return table(['in `adapter`', 'type', 'default', 'meaning'], rows);
}

/** @type {() => import('../facts.js').Output[]} */
module.exports = () => [
  { file: 'lib/options/adapter-table.js', text: javascript() },
  { file: 'types/adapter.d.ts', region: 'adapter-options', text: types() },
  { file: 'docs/reference/options.md', region: 'adapter-options', text: documentation() },
];
