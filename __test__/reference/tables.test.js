// @ts-check
'use strict';

/** The tables of `docs/reference` are complete: they name every option, event, error code, close code and counter there is. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const Server = require('../..');
const LineClient = require('../../client-node.js');

const ROOT = path.join(__dirname, '../..');

/** @param {string} file Path from the root. */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** @param {string} name Of a page in `docs/reference`. */
const page = (name) => read(`docs/reference/${name}.md`);

/**
 * What a column of a page's tables holds between backticks.
 * @param {string} name
 * @param {number} [column]
 * @returns {Set<string>}
 */
const cells = (name, column = 1) => new Set(page(name).split('\n')
  .filter((line) => line.startsWith('| '))
  .flatMap((line) => [...(line.split('|')[column] ?? '').matchAll(/`([^`]+)`/g)].map(([, text]) => text)));

/**
 * The values of an object and of those in it, by their paths.
 * @param {any} object
 * @param {string} [prefix]
 * @returns {[string, unknown][]}
 */
const flatten = (object, prefix = '') => Object.entries(object).flatMap(([key, value]) => {
  const isNested = typeof value === 'object' && value !== null;
  return isNested ? flatten(value, `${prefix}${key}.`) : [/** @type {[string, unknown]} */ ([prefix + key, value])];
});

describe('the tables of options', () => {
  it('name every option of the types', () => {
    const declared = [...read('types/options.d.ts').matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
    assert.ok(declared.includes('port'));
    const named = cells('options');
    assert.deepEqual(declared.filter((name) => !named.has(name)), []);
  });

  it('name every default', () => {
    const declared = read('types/options.d.ts').matchAll(/@default (\d+)[\s*/]+(\w+)\?:/g);
    const rows = [...declared].map(([, value, name]) => ({ name, value }));
    assert.ok(rows.some(({ name }) => name === 'maxPayload'));
    for (const { name, value } of rows) {
      assert.match(page('options'), new RegExp(`^\\| \`${name}\` \\|[^|]*\\| ${value} \\|`, 'm'), name);
    }
  });

  it('name every option of the client and its default', () => {
    const rows = flatten(new LineClient().options);
    assert.ok(rows.length > 15);
    for (const [name, value] of rows) {
      assert.match(page('client-options'), new RegExp(`^\\| \`${name}\` \\|[^|]*\\| ${value ?? ''}\\s*\\|`, 'm'), name);
    }
    const declared = [...read('types/client-options.d.ts').matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
    const prefixes = [...cells('client-options')].map((cell) => cell.split('.')[0]);
    const inText = ['max', 'ttl', 'timeout', 'signal'];
    assert.deepEqual(declared.filter((name) => !prefixes.includes(name) && !inText.includes(name)), []);
  });
});

it('the table of errors names every code', () => {
  const { ErrorCode, Connection, Message } = Server;
  const codes = [ErrorCode, Connection.ErrorCode, Message.ErrorCode, LineClient.ErrorCode].flatMap((codes) => Object.values(codes));
  const named = cells('errors');
  assert.deepEqual(codes.filter((code) => !named.has(code)), []);
});

it('the tables of events name every event', () => {
  const events = [Server.Event, Server.Connection.Event, LineClient.Event].flatMap((names) => Object.values(names));
  const named = cells('events', 2);
  assert.deepEqual([...events, 'resolved', 'rejected'].filter((name) => !named.has(name)), []);
});

it('code names close codes by their constants, and the table has all of these', () => {
  const rows = [...page('close-codes').matchAll(/^\| (\d{4}) \|/gm)].map(([, code]) => code);
  assert.deepEqual(rows, [...rows].sort());
  assert.deepEqual(rows, Object.values(require('../../common/close-codes.js')).map(String));
  const sources = ['lib', 'client'].flatMap((folder) => fs.readdirSync(path.join(ROOT, folder), { recursive: true })
    .map((name) => `${folder}/${name}`).filter((name) => name.endsWith('.js')));
  const code = (/** @type {string} */ file) => read(file).replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
  assert.deepEqual(sources.filter((file) => /\b42\d\d\b/.test(code(file))), []);
});

it('the table of counters has every counter', () => {
  const { adapter: _adapter, ...counted } = new Server({ port: 0 }).getStats();
  const counters = flatten(counted).map(([name]) => name);
  assert.deepEqual([...cells('stats')].sort(), counters.sort());
});
