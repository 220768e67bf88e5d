// @ts-check
'use strict';

/** Error codes and events: enumerations, their types, and tables. */

const ERROR_CODES = require('../../facts/error-codes.js');
const EVENTS = require('../../facts/events.js');
const { code, jsDoc, sentence, table } = require('./text.js');

/** The file of an enumeration, and what it is called there. */
const ENUMS = /** @type {Record<string, {file: string, errors: string, events?: string}>} */ ({
  server: { file: 'lib/enums.js', errors: 'ServerErrorCode', events: 'ServerEvent' },
  connection: { file: 'lib/enums.js', errors: 'ConnectionErrorCode', events: 'ConnectionEvent' },
  client: { file: 'client/enums.js', errors: 'ErrorCode', events: 'Event' },
  message: { file: 'common/message-enums.js', errors: 'MessageErrorCode' },
});

/**
 * @param {string} name
 * @param {{key: string, value: string}[]} entries
 */
function frozen(name, entries) {
  return `const ${name} = Object.freeze({\n${entries.map(({ key, value }) => `  ${key}: '${value}',\n`).join('')}});\n`;
}

/** @param {string} name `_connecting_error` @returns {string} `CONNECTING_ERROR` */
const keyOf = (name) => name.replace(/^_/, '').toUpperCase();

/** @param {string[]} on */
function eventTable(on) {
  const rows = EVENTS.filter((event) => on.includes(event.on)).map(({ on: whose, name, args, doc }) => [whose, name === undefined ? 'the name of a message' : code(name), args, doc]);
  return table(['on', 'event', 'arguments', 'when'], rows);
}

/** The files of interfaces of events. @type {Record<string, string>} */
const TYPES = {
  server: 'index.d.ts', connection: 'index.d.ts', message: 'types/messages.d.ts', presence: 'types/presence.d.ts',
  nodes: 'types/nodes.d.ts', client: 'types/client.d.ts',
};

/** @param {string} on */
function eventTypes(on) {
  return EVENTS.flatMap(({ on: whose, name, types, doc, details }) =>
    (whose !== on || name === undefined ? [] : [`${jsDoc(details ?? sentence(doc), '  ')}  ${name}: [${types}];\n`])).join('');
}

/** @param {string} on */
function eventNames(on) {
  return EVENTS.flatMap(({ on: whose, name, doc }) =>
    (whose !== on || name === undefined ? [] : [`${jsDoc(sentence(doc), '    ')}    readonly ${keyOf(name)}: '${name}';\n`])).join('');
}

function errorTable() {
  const rows = ERROR_CODES.flatMap(({ path, codes }) =>
    codes.map((error, index) => [code(error.code), code(`${index === 0 ? path : '…'}.${error.key}`), error.doc]));
  return table(['code', 'enum', 'when'], rows);
}

/** @type {() => import('../facts.js').Output[]} */
module.exports = () => [
  ...ERROR_CODES.flatMap(({ on, codes }) => [
    {
      file: ENUMS[on].file,
      region: `${on}-error-codes`,
      text: frozen(ENUMS[on].errors, codes.map(({ key, code: value }) => ({ key, value }))),
    },
    {
      file: 'types/errors.d.ts',
      region: `${on}-error-codes`,
      text: codes.map(({ key, code: value, doc }) => `${jsDoc(sentence(doc), '  ')}  readonly ${key}: '${value}';\n`).join(''),
    },
  ]),
  ...Object.entries(ENUMS).filter(([, { events }]) => events !== undefined).map(([on, { file, events = '' }]) => ({
    file,
    region: `${on}-events`,
    text: frozen(events, EVENTS.flatMap(({ on: whose, name }) => (whose === on && name !== undefined ? [{ key: keyOf(name), value: name }] : []))),
  })),
  ...Object.entries(TYPES).map(([on, file]) => ({ file, region: `${on}-event-types`, text: eventTypes(on) })),
  ...Object.entries(TYPES).filter(([on]) => ENUMS[on]?.events !== undefined)
    .map(([on, file]) => ({ file, region: `${on}-event-names`, text: eventNames(on) })),
  { file: 'docs/reference/errors.md', region: 'error-codes', text: errorTable() },
  { file: 'docs/reference/events.md', region: 'server-events', text: eventTable(['server', 'connection', 'message', 'presence', 'nodes']) },
  { file: 'docs/reference/events.md', region: 'client-events', text: eventTable(['client']) },
];
