// @ts-check
'use strict';

/** The declared types and the classes have the same members: neither has one the other lacks. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const ts = require('typescript');
const Server = require('../../lib/index.js');
const { SocketServer } = require('../../lib/socket-server.js');

const DECLARATIONS = path.join(__dirname, '../../index.d.ts');
const program = ts.createProgram([DECLARATIONS], {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Node16,
  types: ['node'],
});
const checker = program.getTypeChecker();
const source = /** @type {ts.SourceFile} */ (program.getSourceFile(DECLARATIONS));
const namespace = new Map(checker.getExportsOfModule(exportedSymbol()).map((symbol) => [symbol.name, symbol]));

/** @returns {ts.Symbol} What `export =` exports. */
function exportedSymbol() {
  const statement = /** @type {ts.ExportAssignment} */ (source.statements.find(ts.isExportAssignment));
  return /** @type {ts.Symbol} */ (checker.getSymbolAtLocation(statement.expression));
}

/** @param {string} name Of a type in the namespace `Server`. */
function exported(name) {
  const symbol = /** @type {ts.Symbol} */ (namespace.get(name));
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** @param {string} name Of a class or interface. */
const instanceType = (name) => checker.getDeclaredTypeOfSymbol(exported(name));

/** @param {string} name Of a class. */
const staticType = (name) => checker.getTypeOfSymbol(exported(name));

/** @param {ts.Type} type */
const declaredNames = (type) => checker.getPropertiesOfType(type).map((symbol) => symbol.name);

/**
 * Names on an object and its prototypes, without those every object or function has.
 * @param {object} object
 * @returns {string[]}
 */
function runtimeNames(object) {
  const names = new Set();
  for (let each = object; each !== Object.prototype && each !== Function.prototype; each = Object.getPrototypeOf(each)) {
    Object.getOwnPropertyNames(each).forEach((name) => names.add(name));
  }
  ['constructor', ...(typeof object === 'function' ? ['length', 'name'] : [])].forEach((name) => names.delete(name));
  return [...names];
}

/**
 * A trailing underscore marks what is not for applications, unless it is declared.
 * @param {ts.Type} type
 * @param {object} object
 */
function assertSameMembers(type, object) {
  const declared = declaredNames(type);
  const isInternal = (/** @type {string} */ name) => name.endsWith('_');
  const runtime = runtimeNames(object).filter((name) => declared.includes(name) || !isInternal(name));
  assert.deepEqual(runtime.sort(), declared.sort());
}

/**
 * The value of a type that has only one.
 * @param {ts.Type} type
 * @returns {unknown}
 */
function valueOf(type) {
  if (type.isStringLiteral()) return type.value;
  return Object.fromEntries(
    checker.getPropertiesOfType(type).map((symbol) => [symbol.name, valueOf(checker.getTypeOfSymbol(symbol))]),
  );
}

const server = /** @type {any} */ (new Server({ port: 0 }));
const connection = new (/** @type {any} */ (Server.ServerConnection))(server, 0, 'id');

describe('the declared types', () => {
  it('compile', () => {
    const messages = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
    assert.deepEqual(messages, []);
  });

  for (const [name, object] of Object.entries({
    Server: server,
    ServerConnection: connection,
    ServerRoom: server.rooms.root,
    Rooms: server.rooms,
    Message: new Server.Message({ name: 'x' }),
    Socket: connection.socket,
    SocketServer: new SocketServer(server),
  })) {
    it(`have the members of ${name}`, () => assertSameMembers(instanceType(name), object));
  }

  it('have the members of LineError', () => {
    const declared = declaredNames(instanceType('LineError'));
    const own = Object.getOwnPropertyNames(new Server.LineError('code', 'message'));
    assert.deepEqual(own.filter((name) => !declared.includes(name)), []);
  });

  for (const name of ['Server', 'ServerConnection', 'ServerRoom', 'Message']) {
    const actual = /** @type {any} */ (Server)[name];
    it(`have the static members of ${name}`, () => assertSameMembers(staticType(name), actual));

    for (const symbol of checker.getPropertiesOfType(staticType(name))) {
      if (!['Event', 'State', 'ErrorCode', 'Name'].includes(symbol.name)) continue;
      it(`have the values of ${name}.${symbol.name}`, () => {
        assert.deepEqual({ ...actual[symbol.name] }, valueOf(checker.getTypeOfSymbol(symbol)));
      });
    }
  }

  const options = declaredNames(instanceType('ServerOptions'));
  for (const name of options) {
    it(`have only options that are known: ${name}`, () => {
      assert.throws(() => new Server(/** @type {any} */ ({ [name]: Symbol('no option') })), { code: 'sInvalidOptions' });
    });
  }

  it('have every option with a default', () => {
    const known = Object.getOwnPropertyNames(new Server().options);
    assert.deepEqual(known.filter((name) => !options.includes(name)), []);
  });
});
