// @ts-check
'use strict';

/** Makes Mach-O files: as much of a library as says on what macOS it loads, and no code. */

/** @param {number[]} values @returns {Buffer} Numbers of 32 bits, little-endian. */
function words(...values) {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => buffer.writeUInt32LE(value, 4 * index));
  return buffer;
}

/** @param {Buffer} bytes @returns {Buffer} With a length that 8 divides. */
const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);

/** @param {number} kind @param {Buffer} body @returns {Buffer} A load command. */
const command = (kind, body) => Buffer.concat([words(kind, 8 + padded(body).length), padded(body)]);

/** @param {string} version E.g. `10.15`. */
function packed(version) {
  const [major, minor] = version.split('.').map(Number);
  return major * 65536 + minor * 256;
}

/**
 * @typedef {object} Description
 * @property {'x64' | 'arm64'} [arch]
 * @property {string} [macos] The oldest it is for; empty for none.
 * @property {boolean} [old] Whether it says so by the older command.
 * @property {string[]} [needed] Libraries.
 * @property {string} [rpath]
 * @property {string[]} [imported] Symbols.
 * @property {string[]} [weak] Symbols that it can do without.
 * @property {string[]} [exported] Symbols.
 * @property {string[]} [hidden] Symbols that only it knows.
 */

/**
 * @param {Description} description
 * @returns {Buffer}
 */
function machoFile({ arch = 'arm64', macos = '11.0', old = false, needed = [], rpath, imported = [], weak = [], exported = [], hidden = [] }) {
  const commands = needed.map((name) => command(0xc, Buffer.concat([words(24, 2, 0, 0), Buffer.from(`${name}\0`)])));
  if (rpath !== undefined) commands.push(command(0x8000001c, Buffer.concat([words(12), Buffer.from(`${rpath}\0`)])));
  if (macos !== '') commands.push(old ? command(0x24, words(packed(macos), 0)) : command(0x32, words(1, packed(macos), 0, 0)));

  let strings = Buffer.from('\0');
  const symbol = (/** @type {string} */ name, /** @type {number} */ type, /** @type {number} */ description) => {
    const entry = Buffer.concat([words(strings.length), Buffer.from([type, 0, description, 0]), Buffer.alloc(8)]);
    strings = Buffer.concat([strings, Buffer.from(`${name}\0`)]);
    return entry;
  };
  const symbols = Buffer.concat([
    ...hidden.map((name) => symbol(name, 0x1f, 0)), ...exported.map((name) => symbol(name, 0x0f, 0)),
    ...imported.map((name) => symbol(name, 0x01, 0)), ...weak.map((name) => symbol(name, 0x01, 0x40)),
  ]);
  const table = (/** @type {number} */ start) =>
    command(0x2, words(start, symbols.length / 16, start + symbols.length, strings.length));
  const size = Buffer.concat([...commands, table(0)]).length;
  const body = Buffer.concat([...commands, table(32 + size)]);
  const header = words(0xfeedfacf, arch === 'x64' ? 0x01000007 : 0x0100000c, 0, 6, commands.length + 1, size, 0, 0);
  return Buffer.concat([header, body, symbols, strings]);
}

module.exports = { machoFile };
