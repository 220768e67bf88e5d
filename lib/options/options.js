// @ts-check
'use strict';

/** Checks the options of a server, and applies live options when they are set. The options are in `known-options.js`. */

const net = require('node:net');
const LineError = require('../../common/line-error.js');
const { ServerErrorCode } = require('../enums.js');
const { POLICY, setPolicy } = require('./policy.js');
const { OPTIONS, WITHOUT_EFFECT } = require('./known-options.js');
const { later } = require('../runtime/later.js');
const { isObject, shown } = require('../shown.js');
const { nearestName, refuseUnknown, unknownOption, warnOnce } = require('./unknown-options.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */
/** @typedef {import('./known-options.js').Option} Option */

// Each is loaded with its option.
const compression = later(() => require('./compression.js'));
const histories = later(() => require('./history.js'));
const presences = later(() => require('./presence.js'));
const secureContexts = later(() => require('./secure-context.js'));

const KNOWN = Object.freeze(Object.keys(OPTIONS));
const REQUIRED = KNOWN.filter((name) => OPTIONS[name].isRequired);
const LIVE = KNOWN.filter((name) => OPTIONS[name].isLive);

/** The properties of the option `listen`. */
const LISTEN = Object.freeze(['path', 'mode']);

/**
 * @param {string} name
 * @returns {Option | undefined}
 */
function optionOf(name) {
  // An option may have any name, `constructor` too.
  return Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
}

/**
 * Refuses a misspelt option, which would have no effect. A name that resembles no option may be the
 * application's own: it is kept, as with the original, and a warning is emitted.
 * @param {string} name
 * @throws {LineError} `sInvalidOptions`, naming the option that was probably meant.
 */
function checkName(name) {
  if (optionOf(name) !== undefined) return;
  const why = WITHOUT_EFFECT.get(name);
  if (why === undefined && nearestName(name, KNOWN) !== undefined) throw unknownOption('options', name, KNOWN);
  warnOnce(name, why ?? 'there is none of this name');
}

/**
 * @param {string} name
 * @param {any} value
 * @throws {LineError} `sInvalidOptions`
 */
function check(name, value) {
  const option = optionOf(name);
  if (option?.rule === undefined) return;
  // `null` stands for "not given" in the options of the original's socket layer.
  if (!option.isRequired && !isGiven(value)) return;
  const [test, what] = option.rule;
  if (name === 'listen' && isObject(value)) refuseUnknown('options.listen', value, LISTEN);
  if (!test(value)) {
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, `"options.${name}" ${what}; got ${shown(value)}`);
  }
}

/**
 * The options that an object has from its class or from another object, such as the getters of a class.
 * @param {any} given
 * @returns {any}
 */
function inherited(given) {
  const options = /** @type {any} */ ({});
  // Members of `Object.prototype` are not options.
  for (let at = Object.getPrototypeOf(given); at !== null && Object.getPrototypeOf(at) !== null; at = Object.getPrototypeOf(at)) {
    for (const name of KNOWN) if (Object.hasOwn(at, name)) options[name] = given[name];
  }
  return options;
}

/**
 * Checks the options of a server. Live ones can be set later: they are checked again, and hold for later
 * messages and connections.
 * @param {unknown} given
 * @param {NativeServer} native
 * @param {any} [before] The options that hold until now.
 * @returns {any} A plain object. Applications get it as {@link guarded}.
 * @throws {LineError} `sInvalidOptions`; then nothing has changed.
 */
function makeOptions(given, native, before) {
  assertShape(given);
  const defaults = Object.fromEntries(REQUIRED.map((name) => [name, OPTIONS[name].initial]));
  const options = /** @type {any} */ ({ ...defaults, ...inherited(given), ...given });
  checkAll(options);
  applyPolicy(options, native);
  try {
    encrypt(options.tls, native);
  } catch (error) {
    if (before !== undefined) applyPolicy(before, native);
    throw error;
  }
  makeLive(options, native);
  if (isGiven(options.history)) histories().applyHistory(options.history, native);
  if (isGiven(options.presence)) presences().applyPresence(options.presence, native);
  return options;
}

/**
 * @param {unknown} given
 * @returns {asserts given is object}
 * @throws {LineError} `sInvalidOptions`
 */
function assertShape(given) {
  // The entries of an iterable, such as a `Map`, are not its properties.
  if (typeof given !== 'object' || given === null || Symbol.iterator in given) {
    const meant = typeof given === 'number' ? `; did you mean { port: ${given} }?` : '';
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, `The options must be an object; got ${shown(given)}${meant}`);
  }
  // Other libraries take the HTTP server itself.
  if (given instanceof net.Server) {
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, 'The options are an HTTP server; did you mean { server: httpServer }?');
  }
}

/**
 * Checks each option, and those that depend on others. The policy and `tls` are checked by the core, as they are applied.
 * @param {any} options
 * @throws {LineError} `sInvalidOptions`
 */
function checkAll(options) {
  Object.keys(options).forEach((name) => {
    checkName(name);
    check(name, options[name]);
  });
  if (options.protocols && options.handleProtocols) {
    const text = '"options.protocols" and "options.handleProtocols" both choose the subprotocol: give one of them';
    throw new LineError(ServerErrorCode.INVALID_OPTIONS, text);
  }
  checkCompression(options.perMessageDeflate, options.ioThreads);
  const { adapter, history, presence } = options;
  const joining = isGiven(adapter) ? require('./adapter.js') : undefined;
  joining?.checkAdapter(adapter);
  joining?.checkRedisWith(adapter);
  if (isGiven(history)) histories().checkHistory(history);
  joining?.checkHistoryWith(adapter, history);
  if (isGiven(presence)) presences().checkPresence(presence);
}

/**
 * @param {any} option The option `perMessageDeflate`.
 * @param {any} ioThreads
 * @throws {LineError} `sInvalidOptions`
 */
function checkCompression(option, ioThreads) {
  if (isGiven(option) && typeof option !== 'boolean') compression().checkCompression(option, ioThreads);
}

/**
 * Sets the TLS of connections that are accepted from now on.
 * @param {any} tls `options.tls`; undefined or null for no encryption.
 * @param {NativeServer} native
 * @throws {LineError} `sInvalidOptions`, naming the option; then nothing has changed.
 */
function encrypt(tls, native) {
  if (isGiven(tls)) secureContexts().encrypt(tls, native);
  else native.core.encrypt();
}

/** @param {unknown} value */
function isGiven(value) {
  return value !== undefined && value !== null;
}

/**
 * Applies the live options, and has them applied when they are set.
 * @param {any} options Checked. Live ones become accessors.
 * @param {NativeServer} native
 */
function makeLive(options, native) {
  let values = /** @type {any} */ ({});
  /** @param {string} name */
  const apply = (name) => {
    const value = values[name];
    if (name === 'perMessageDeflate') native.core.setCompression(value ? compression().compressionOptions(value) : undefined);
    const { core, initial } = OPTIONS[name];
    if (core !== undefined) native.core.configure({ [name]: core(value ?? initial) });
  };
  for (const name of LIVE) {
    const initial = options[name];
    const wasGiven = Object.hasOwn(options, name);
    const isSet = isGiven(initial);
    if (isSet) values[name] = own(initial);
    Object.defineProperty(options, name, {
      configurable: true,
      enumerable: wasGiven,
      get: () => values[name] ?? (isSet ? undefined : initial),
      set(value) {
        check(name, value);
        if (POLICY.includes(name)) applyPolicy({ ...values, [name]: value }, native);
        if (name === 'perMessageDeflate') checkCompression(value, options.ioThreads);
        const before = { ...values };
        if (isGiven(value)) values[name] = own(value);
        else delete values[name];
        try {
          apply(name);
        } catch (error) {
          // What is shown is what holds.
          values = before;
          throw error;
        }
      },
    });
    apply(name);
  }
}

/**
 * The options as applications see them: names and values that they set are checked.
 * @param {any} options Made by {@link makeOptions}.
 * @returns {any}
 */
function guarded(options) {
  return new Proxy(options, {
    set(target, name, value) {
      if (typeof name === 'string' && !(name in target)) checkName(name);
      if (typeof name === 'string' && !LIVE.includes(name)) check(name, value);
      return Reflect.set(target, name, value);
    },
    deleteProperty(target, name) {
      if (typeof name !== 'string' || !LIVE.includes(name)) return Reflect.deleteProperty(target, name);
      // The option then counts as not given. Its property stays, because the setter sees later assignments.
      target[name] = undefined;
      return true;
    },
  });
}

/**
 * @param {any} options
 * @param {NativeServer} native
 * @throws {LineError} `sInvalidOptions`
 */
function applyPolicy(options, native) {
  const problem = setPolicy(options, native);
  if (problem) throw new LineError(ServerErrorCode.INVALID_OPTIONS, problem);
}

/**
 * The value that is kept of an option. A list is copied and frozen, because changes of it would go unnoticed.
 * @param {unknown} value
 */
function own(value) {
  return Array.isArray(value) ? Object.freeze([...value]) : value;
}

/**
 * The number of sends of one connection that may wait for answers.
 * @param {any} options The server's.
 * @returns {number} `Infinity` for no limit.
 */
function maxPendingSends(options) {
  return (options.maxPendingSends ?? OPTIONS.maxPendingSends.initial) || Infinity;
}

module.exports = { encrypt, guarded, makeOptions, maxPendingSends };
