// @ts-check
'use strict';

/** The published types, which people write, have what is in `facts/`; what is generated of these is checked by `npm run lint`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const Server = require('../..');
const LineClient = require('../../client-node.js');
const EVENTS = require('../../facts/events.js');
const ERROR_CODES = require('../../facts/error-codes.js');
const COUNTERS = require('../../facts/counters.js');

const ROOT = path.join(__dirname, '../..');

/** @param {string} file Path from the root. */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** @param {string} on */
const eventsOf = (on) => EVENTS.filter((event) => event.on === on).flatMap(({ name }) => name ?? []).sort();

describe('the types of events', () => {
  for (const [on, enumeration, file, start] of /** @type {const} */ ([
    ['server', Server.Event, 'index.d.ts', /class Server<[^]*?static readonly Event: \{/d],
    ['connection', Server.Connection.Event, 'index.d.ts', /class ServerConnection<[^]*?static readonly Event: \{/d],
    ['client', LineClient.Event, 'types/client.d.ts', /static readonly Event: \{/d],
  ])) {
    it(`of the ${on}`, () => {
      const text = read(file);
      const [, end] = /** @type {any} */ (start.exec(text)).indices[0];
      const body = text.slice(end, text.indexOf('};', end));
      const declared = Object.fromEntries([...body.matchAll(/readonly (\w+): '(\w+)';/g)].map(([, key, value]) => [key, value]));
      assert.deepEqual(declared, { ...enumeration });
      assert.deepEqual(Object.values(enumeration).sort(), eventsOf(on));
    });
  }

  it('of a message', () => {
    const [body] = /** @type {RegExpExecArray} */ (/interface MessageEvents [^]*?\n\}/.exec(read('types/messages.d.ts')));
    assert.deepEqual([...body.matchAll(/^ {2}(\w+): \[/gm)].map(([, name]) => name).sort(), eventsOf('message').sort());
  });
});

it('the enumerations of error codes', () => {
  const enumerations = { server: Server.ErrorCode, connection: Server.Connection.ErrorCode, client: LineClient.ErrorCode, message: Server.Message.ErrorCode };
  for (const { on, codes } of ERROR_CODES) {
    const expected = Object.fromEntries(codes.map(({ key, code }) => [key, code]));
    assert.deepEqual({ .../** @type {any} */ (enumerations)[on] }, expected, on);
  }
});

it('getStats() has the counters, and no other', () => {
  // Of servers that are joined, which this one is not.
  const { adapter, ...counted } = new Server({ port: 0 }).getStats();
  assert.equal(adapter, null);
  const names = Object.entries(counted).flatMap(([name, value]) => {
    return typeof value === 'object' ? Object.keys(value).map((inner) => `${name}.${inner}`) : name;
  });
  assert.deepEqual(names.sort(), COUNTERS.filter(({ isInternal }) => !isInternal).map(({ name }) => name).sort());
});
