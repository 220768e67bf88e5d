// @ts-check
'use strict';

/**
 * Reads of an ELF shared library what decides on which systems it loads: the little-endian 64-bit
 * kind only, as Linux has it on x64 and arm64. By the System V ABI ("gABI", chapters 4 and 5) and, for
 * versions of symbols, the Linux Standard Base (core, section "Symbol Versioning").
 */

/** `e_machine`, as `process.arch` calls them. */
const MACHINES = new Map([[62, 'x64'], [183, 'arm64']]);

/** Kinds of sections, `sh_type`. */
const SYMBOLS = 2;
const DYNAMIC = 6;
const DYNAMIC_SYMBOLS = 11;
const NEEDED_VERSIONS = 0x6ffffffe;

/** Entries of the dynamic section, `d_tag`. */
const NEEDED = 1n;
const RPATH = 15n;
const RUNPATH = 29n;
const FLAGS_1 = 0x6ffffffbn;

/** Of `FLAGS_1`: closing the library leaves it mapped. */
const NODELETE = 8n;

const SECTION_SIZE = 64;
const DYNAMIC_SIZE = 16;
const SYMBOL_SIZE = 24;

/**
 * @typedef {object} Section
 * @property {number} type
 * @property {number} link Index of the section of its strings.
 * @property {Buffer} bytes
 */

/**
 * @typedef {object} Library
 * @property {string} arch As `process.arch`, or the number of the machine.
 * @property {string[]} needed Libraries it is loaded with, e.g. `libc.so.6`.
 * @property {string[]} versions Versions of their symbols that it needs, e.g. `GLIBC_2.17`.
 * @property {string[]} exported Symbols it defines for others.
 * @property {string[]} searched Folders in which it wants libraries to be looked for.
 * @property {boolean} isStripped Whether it has no symbols but those for loading.
 * @property {boolean} staysMapped Whether it is never unloaded.
 */

/**
 * @param {Buffer} strings
 * @param {number} offset
 */
function text(strings, offset) {
  return strings.toString('latin1', offset, strings.indexOf(0, offset));
}

/**
 * @param {Buffer} file
 * @returns {Section[]}
 */
function readSections(file) {
  const start = Number(file.readBigUInt64LE(40));
  const count = file.readUInt16LE(60);
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * SECTION_SIZE;
    const [offset, size] = [file.readBigUInt64LE(at + 24), file.readBigUInt64LE(at + 32)].map(Number);
    return {
      type: file.readUInt32LE(at + 4),
      link: file.readUInt32LE(at + 40),
      bytes: file.subarray(offset, offset + size),
    };
  });
}

/**
 * The dynamic section: tags and values.
 * @param {Buffer} bytes
 */
function readDynamic(bytes) {
  return Array.from({ length: Math.floor(bytes.length / DYNAMIC_SIZE) }, (_, index) => ({
    tag: bytes.readBigUInt64LE(index * DYNAMIC_SIZE),
    value: bytes.readBigUInt64LE(index * DYNAMIC_SIZE + 8),
  }));
}

/**
 * Symbols that are defined, and not only here.
 * @param {Buffer} bytes
 * @param {Buffer} strings
 */
function readExported(bytes, strings) {
  const found = [];
  for (let at = 0; at + SYMBOL_SIZE <= bytes.length; at += SYMBOL_SIZE) {
    const binding = bytes[at + 4] >> 4;
    const section = bytes.readUInt16LE(at + 6);
    if (section !== 0 && binding !== 0) found.push(text(strings, bytes.readUInt32LE(at)));
  }
  return found;
}

/**
 * The versions needed: a list for each library, each entry with the distance to the next.
 * @param {Buffer} bytes
 * @param {Buffer} strings
 */
function readVersions(bytes, strings) {
  const found = [];
  for (let at = 0, more = bytes.length > 0; more; ) {
    let entry = at + bytes.readUInt32LE(at + 8);
    for (let left = bytes.readUInt16LE(at + 2); left > 0; left -= 1) {
      found.push(text(strings, bytes.readUInt32LE(entry + 8)));
      entry += bytes.readUInt32LE(entry + 12);
    }
    const next = bytes.readUInt32LE(at + 12);
    at += next;
    more = next !== 0;
  }
  return found;
}

/**
 * @param {Buffer} file
 * @returns {Library}
 * @throws {Error} When it is no such library; a RangeError when it is cut short.
 */
function readLibrary(file) {
  const isElf = file.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'));
  if (!isElf || file[4] !== 2 || file[5] !== 1) throw new Error('no ELF file of 64 bits, little-endian');
  const sections = readSections(file);
  const read = (/** @type {number} */ type) => {
    const section = sections.find((candidate) => candidate.type === type);
    if (section === undefined) return { bytes: Buffer.alloc(0), strings: Buffer.alloc(0) };
    return { bytes: section.bytes, strings: sections[section.link].bytes };
  };

  const dynamic = read(DYNAMIC);
  const entries = readDynamic(dynamic.bytes);
  const texts = (/** @type {bigint[]} */ ...tags) =>
    entries.filter(({ tag }) => tags.includes(tag)).map(({ value }) => text(dynamic.strings, Number(value)));
  const symbols = read(DYNAMIC_SYMBOLS);
  const versions = read(NEEDED_VERSIONS);
  const machine = file.readUInt16LE(18);

  return {
    arch: MACHINES.get(machine) ?? String(machine),
    needed: texts(NEEDED),
    versions: readVersions(versions.bytes, versions.strings),
    exported: readExported(symbols.bytes, symbols.strings),
    searched: texts(RPATH, RUNPATH),
    isStripped: !sections.some(({ type }) => type === SYMBOLS),
    staysMapped: entries.some(({ tag, value }) => tag === FLAGS_1 && (value & NODELETE) !== 0n),
  };
}

module.exports = { readLibrary };
