// @ts-check
'use strict';

/** Compares declared types with what is there at run time. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const ts = require('typescript');
const { createProgram, problemsOf } = require('../helpers/type-check');

/** The types that a file exports with `export =`: a class, and the namespace of its name. */
class Declarations {
  #program;
  #checker;
  #namespace;

  /** @param {string} file Absolute path of a `.d.ts`. */
  constructor(file) {
    this.#program = createProgram([file], {
      strict: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Node16,
      types: ['node'],
    });
    this.#checker = this.#program.getTypeChecker();
    const source = /** @type {ts.SourceFile} */ (this.#program.getSourceFile(file));
    const statement = /** @type {ts.ExportAssignment} */ (source.statements.find(ts.isExportAssignment));
    const symbol = /** @type {ts.Symbol} */ (this.#checker.getSymbolAtLocation(statement.expression));
    this.#namespace = new Map(this.#checker.getExportsOfModule(symbol).map((each) => [each.name, each]));
  }

  /** Names that the namespace exports: classes and types. Static members of the class are not among them. */
  exports() {
    return [...this.#namespace].filter(([, { flags }]) => flags & ts.SymbolFlags.Alias).map(([name]) => name);
  }

  /** What does not compile. */
  problems() {
    return problemsOf(this.#program);
  }

  /** @param {string} name Of a type in the namespace. */
  #exported(name) {
    const symbol = /** @type {ts.Symbol} */ (this.#namespace.get(name));
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  /** @param {string} name Of a class or interface. */
  instanceType(name) {
    return this.#checker.getDeclaredTypeOfSymbol(this.#exported(name));
  }

  /** @param {string} name Of a class. */
  staticType(name) {
    return this.#checker.getTypeOfSymbol(this.#exported(name));
  }

  /** @param {ts.Type} type */
  names(type) {
    return this.#checker.getPropertiesOfType(type).map(({ name }) => name.replace(/^__@(\w+)@\d+$/, '@@$1'));
  }

  /**
   * The values of a union of literals.
   * @param {string} name
   */
  union(name) {
    const type = /** @type {ts.UnionType} */ (this.instanceType(name));
    return type.types.map((each) => this.valueOf(each));
  }

  /**
   * The value of a type that has only one.
   * @param {ts.Type} type
   * @returns {unknown}
   */
  valueOf(type) {
    if (type.isStringLiteral()) return type.value;
    return Object.fromEntries(
      this.#checker
        .getPropertiesOfType(type)
        .map((symbol) => [symbol.name, this.valueOf(this.#checker.getTypeOfSymbol(symbol))]),
    );
  }

  /**
   * The value of a static member of a class that has only one.
   * @param {string} name Of the class.
   * @param {string} member
   */
  staticValue(name, member) {
    const symbol = /** @type {ts.Symbol} */ (this.#checker.getPropertyOfType(this.staticType(name), member));
    return this.valueOf(this.#checker.getTypeOfSymbol(symbol));
  }

  /**
   * A trailing underscore marks what is not for applications, unless it is declared.
   * @param {ts.Type} type
   * @param {object} object
   */
  assertSameMembers(type, object) {
    // Older releases of Node 18 do not have the symbol.
    const declared = this.names(type).filter((name) => name !== '@@asyncDispose' || Symbol.asyncDispose !== undefined);
    const isInternal = (/** @type {string} */ name) => name.endsWith('_');
    const runtime = runtimeNames(object).filter((name) => declared.includes(name) || !isInternal(name));
    assert.deepEqual(runtime.sort(), declared.sort());
  }
}

/**
 * Names of what a declaration file exports for `import`.
 * @param {string} file Absolute path of a `.d.mts`.
 */
function importNames(file) {
  const { statements } = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022);
  return statements.flatMap((each) => {
    if (ts.isTypeAliasDeclaration(each)) return [each.name.text];
    if (ts.isExportAssignment(each)) return ['default'];
    const { exportClause } = /** @type {ts.ExportDeclaration} */ (each);
    return exportClause && ts.isNamedExports(exportClause) ? exportClause.elements.map(({ name }) => name.text) : [];
  });
}

/**
 * Names on an object and its prototypes, without those every object or function has.
 * @param {object} object
 * @returns {string[]}
 */
function runtimeNames(object) {
  const names = new Set();
  for (let each = object; each !== Object.prototype && each !== Function.prototype; each = Object.getPrototypeOf(each)) {
    Object.getOwnPropertyNames(each).forEach((name) => names.add(name));
    if (Symbol.asyncDispose && Object.hasOwn(each, Symbol.asyncDispose)) names.add('@@asyncDispose');
  }
  ['constructor', ...(typeof object === 'function' ? ['length', 'name'] : [])].forEach((name) => names.delete(name));
  return [...names];
}

module.exports = { Declarations, importNames };
