// @ts-check
'use strict';

/**
 * Reads of a Mach-O library what decides on which macOS it loads: the little-endian 64-bit kind with one architecture, as
 * Rust makes it. By Apple's headers `mach-o/loader.h` and `mach-o/nlist.h`.
 */

const MAGIC = 0xfeedfacf;
const HEADER_SIZE = 32;

/** `cputype`, as `process.arch` calls them. */
const MACHINES = new Map([[0x01000007, 'x64'], [0x0100000c, 'arm64']]);

/** Load commands. */
const SYMTAB = 0x2;
const LOAD_DYLIB = 0xc;
const LOAD_WEAK_DYLIB = 0x80000018;
const REEXPORT_DYLIB = 0x8000001f;
const RPATH = 0x8000001c;
const VERSION_MIN_MACOSX = 0x24;
const BUILD_VERSION = 0x32;

/** Of `LC_BUILD_VERSION`: the platform macOS. */
const PLATFORM_MACOS = 1;

/** Bits of a symbol's `n_type`. */
const STAB = 0xe0;
const PRIVATE_EXTERNAL = 0x10;
const TYPE = 0x0e;
const EXTERNAL = 0x01;

/** Bit of a symbol's `n_desc`: the library also loads on systems without it. */
const WEAK_REFERENCE = 0x40;

const SYMBOL_SIZE = 16;

/**
 * @typedef {object} Library
 * @property {string} arch As `process.arch`, or the number of the machine.
 * @property {string | undefined} macos The oldest macOS that loads it, e.g. `11.0`; undefined when it does not say so.
 * @property {string[]} needed Libraries it is loaded with, e.g. `/usr/lib/libSystem.B.dylib`.
 * @property {string[]} searched Folders in which it wants libraries to be looked for.
 * @property {string[]} imported Symbols that it cannot be loaded without.
 * @property {string[]} exported Symbols it defines for others.
 */

/**
 * @param {Buffer} bytes
 * @param {number} offset
 */
function text(bytes, offset) {
  return bytes.toString('latin1', offset, bytes.indexOf(0, offset));
}

/** @param {number} version Packed: 16 bits, and two times 8. */
function versionText(version) {
  return [version >>> 16, (version >>> 8) & 0xff].join('.');
}

/**
 * @param {Buffer} file
 * @returns {{kind: number, bytes: Buffer}[]} The load commands.
 */
function readCommands(file) {
  const commands = [];
  let at = HEADER_SIZE;
  for (let left = file.readUInt32LE(16); left > 0; left -= 1) {
    const size = file.readUInt32LE(at + 4);
    if (size < 8 || at + size > file.length) throw new RangeError('a load command is cut short');
    commands.push({ kind: file.readUInt32LE(at), bytes: file.subarray(at, at + size) });
    at += size;
  }
  return commands;
}

/**
 * @param {Buffer} file
 * @param {Buffer} command `LC_SYMTAB`.
 * @returns {{imported: string[], exported: string[]}}
 */
function readSymbols(file, command) {
  const [start, count, stringsStart, stringsSize] = [8, 12, 16, 20].map((offset) => command.readUInt32LE(offset));
  const strings = file.subarray(stringsStart, stringsStart + stringsSize);
  /** @type {{imported: string[], exported: string[]}} */
  const found = { imported: [], exported: [] };
  for (let index = 0; index < count; index += 1) {
    const at = start + index * SYMBOL_SIZE;
    const type = file[at + 4];
    const isOutside = (type & STAB) === 0 && (type & EXTERNAL) !== 0 && (type & PRIVATE_EXTERNAL) === 0;
    const isWeak = (file.readUInt16LE(at + 6) & WEAK_REFERENCE) !== 0;
    if (!isOutside) continue;
    const name = text(strings, file.readUInt32LE(at));
    if ((type & TYPE) !== 0) found.exported.push(name);
    else if (!isWeak) found.imported.push(name);
  }
  return found;
}

/**
 * The oldest macOS that a load command names.
 * @param {{kind: number, bytes: Buffer}} command
 * @returns {string[]} Empty for other commands.
 */
function oldestMacos({ kind, bytes }) {
  if (kind === VERSION_MIN_MACOSX) return [versionText(bytes.readUInt32LE(8))];
  if (kind === BUILD_VERSION && bytes.readUInt32LE(8) === PLATFORM_MACOS) return [versionText(bytes.readUInt32LE(12))];
  return [];
}

/**
 * @param {Buffer} file
 * @returns {Library}
 * @throws {Error} When it is no such library; a RangeError when it is cut short.
 */
function readLibrary(file) {
  if (file.length < HEADER_SIZE || file.readUInt32LE(0) !== MAGIC) throw new Error('no Mach-O file of 64 bits, little-endian');
  const commands = readCommands(file);
  const strings = (/** @type {number[]} */ ...kinds) =>
    commands.filter(({ kind }) => kinds.includes(kind)).map(({ bytes }) => text(bytes, bytes.readUInt32LE(8)));
  const table = commands.find(({ kind }) => kind === SYMTAB);
  const machine = file.readUInt32LE(4);
  return {
    arch: MACHINES.get(machine) ?? String(machine),
    macos: commands.flatMap(oldestMacos)[0],
    needed: strings(LOAD_DYLIB, LOAD_WEAK_DYLIB, REEXPORT_DYLIB),
    searched: strings(RPATH),
    ...(table === undefined ? { imported: [], exported: [] } : readSymbols(file, table.bytes)),
  };
}

module.exports = { readLibrary };
