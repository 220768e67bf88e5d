// @ts-check
'use strict';

/**
 * Finds and loads the binary: the one that the environment names, else the one built in this checkout or
 * put beside a bundle, else that of the package made for this platform.
 */

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { checkFile } = require('./binary-file.js');
const { currentPlatform, fileOf, packageOf } = require('./platform.js');

/** The environment variable that names the file to load, for programs whose files are not where Node looks. */
const VARIABLE = 'LINE_SOCKET_NATIVE_BINARY';

/** How the errors begin that bundles throw, without a `code`, for a module that is not in them. The last is of ES modules by Rollup. */
const NOT_BUNDLED = /^(Dynamic require of|Could not dynamically require|Cannot find module|require is not defined)/;

/**
 * The error that says why there is no binary. The code that finds out is loaded only now.
 * @param {import('./platform.js').Platform} platform
 * @param {import('./missing-binary.js').Attempt} attempt
 */
function missingBinary(platform, attempt) {
  return require('./missing-binary.js').missingBinary(platform, attempt);
}

/**
 * Whether an error says that a module is missing. Any other error says that it is there and does not load.
 * @param {any} error
 */
function isMissing(error) {
  // The second code is of single executable applications, whose `require` finds only Node's own modules.
  if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_UNKNOWN_BUILTIN_MODULE') return true;
  return error?.code === undefined && NOT_BUNDLED.test(String(error?.message));
}

/**
 * Loads the package of a platform. Each name is written out: tools that collect the files of an application
 * (`@vercel/nft`, Next, ncc) follow only names that they can read. All are inside one `try`: there bundlers
 * accept that packages of other platforms are not installed.
 * @param {string} triple
 * @returns {{binary?: any, cause?: any}} Empty for a platform without a package.
 */
function loadPackage(triple) {
  const cause = packageProblem(triple);
  if (cause !== undefined) return { cause };
  try {
    switch (triple) {
      // A bundler that stops here has to be configured for `.node` files: see docs/guides/bundling.md.
      case 'linux-x64-gnu': return { binary: require('line-socket-native-linux-x64-gnu') };
      case 'linux-arm64-gnu': return { binary: require('line-socket-native-linux-arm64-gnu') };
      case 'linux-x64-musl': return { binary: require('line-socket-native-linux-x64-musl') };
      case 'linux-arm64-musl': return { binary: require('line-socket-native-linux-arm64-musl') };
      case 'darwin-x64': return { binary: require('line-socket-native-darwin-x64') };
      case 'darwin-arm64': return { binary: require('line-socket-native-darwin-arm64') };
      case 'win32-x64-msvc': return { binary: require('line-socket-native-win32-x64-msvc') };
      case 'win32-arm64-msvc': return { binary: require('line-socket-native-win32-arm64-msvc') };
      default: return {};
    }
  } catch (cause) {
    return { cause };
  }
}

/** Whether this is the file of the package, and not a part of a bundle. Bundles of ES modules do not have these names. */
function isOwnFile() {
  return typeof __dirname !== 'undefined' && typeof __filename !== 'undefined' && path.basename(__filename) === 'binary.js';
}

/**
 * Looks at the file that the package of a platform loads. In a bundle it is not known.
 * @param {string} triple
 * @returns {unknown} Why it cannot be loaded, if that is known.
 */
function packageProblem(triple) {
  if (!isOwnFile()) return undefined;
  let file;
  try {
    file = createRequire(__filename).resolve(packageOf(triple));
  } catch {
    // Loading it says why.
    return undefined;
  }
  try {
    if (path.extname(file) === '.node') checkFile(file);
  } catch (error) {
    return error;
  }
  return undefined;
}

/**
 * The file that takes precedence over the platform's package, if it is there.
 * @param {string} triple
 * @returns {string | undefined}
 */
function localFile(triple) {
  // Bundles of ES modules do not have these names.
  if (typeof __dirname === 'undefined' || typeof __filename === 'undefined') return undefined;
  // In a bundle the folder above can be any folder: only a file beside the bundle is used.
  const file = isOwnFile() ? path.join(__dirname, '../..', `line-socket-native.${triple}.node`) : path.join(__dirname, fileOf(triple));
  return fs.existsSync(file) ? file : undefined;
}

/**
 * @param {string} file
 * @returns {{binary?: any, cause?: any}}
 */
function loadFile(file) {
  try {
    checkFile(file);
    // With a new `require`: that of a bundle or of a single executable application loads no files.
    return { binary: createRequire(file)(file) };
  } catch (cause) {
    return { cause };
  }
}

/**
 * @returns {any} What the binary exports.
 * @throws {Error} `ERR_LINE_SOCKET_NO_BINARY`, whose message says why and what to do.
 */
function loadBinary() {
  const platform = currentPlatform();
  const named = process.env[VARIABLE];
  if (named && path.extname(named) !== '.node') {
    throw missingBinary(platform, { isMissing: true, file: path.resolve(named), variable: VARIABLE });
  }
  const variable = named ? VARIABLE : undefined;
  const file = named ? path.resolve(named) : localFile(platform.triple);
  const { binary, cause } = file === undefined ? loadPackage(platform.triple) : loadFile(file);
  if (typeof binary?.ServerCore?.prototype?.dataPath === 'function') return binary;
  const problem = binary === undefined ? cause : new TypeError('it is not a binary of this version of line-socket-native');
  throw missingBinary(platform, { cause: problem, isMissing: problem === undefined || isMissing(problem), file, variable });
}

module.exports = { loadBinary };
