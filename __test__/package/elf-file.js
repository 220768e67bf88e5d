// @ts-check
'use strict';

/** Makes ELF files: as much of a shared library as says on what systems it loads, and no code. */

/** Sizes of the header, of a section's entry in the table, and of a symbol. */
const HEADER = 64;
const SECTION = 64;

/** Strings one after the other, each with a zero behind it; offset 0 is the empty one. */
class Strings {
  bytes = Buffer.alloc(1);

  /** @param {string} text @returns {number} Its offset. */
  add(text) {
    const offset = this.bytes.length;
    this.bytes = Buffer.concat([this.bytes, Buffer.from(`${text}\0`, 'latin1')]);
    return offset;
  }
}

/**
 * Numbers, little-endian.
 * @param {[bytes: 1 | 2 | 4 | 8, value: number][]} fields
 */
function pack(...fields) {
  return Buffer.concat(fields.map(([bytes, value]) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(BigInt(value));
    return buffer.subarray(0, bytes);
  }));
}

/**
 * @typedef {object} Description
 * @property {number} [machine] 62 is x64, 183 is arm64.
 * @property {Record<string, string[]>} [needed] Versions of symbols by library.
 * @property {string[]} [exported] Symbols.
 * @property {string[]} [imported] Symbols.
 * @property {string} [runpath]
 * @property {boolean} [nodelete]
 * @property {boolean} [symbols] Whether it has the table of symbols that stripping takes away.
 */

/**
 * @param {Description} description
 * @returns {Buffer}
 */
function elfFile({ machine = 62, needed = {}, exported = [], imported = [], runpath, nodelete = true, symbols = false }) {
  const strings = new Strings();
  const libraries = Object.entries(needed).map(([name, versions]) => ({ name: strings.add(name), versions }));

  /** @type {[tag: number, value: number][]} */
  const entries = libraries.map(({ name }) => [1, name]);
  if (runpath !== undefined) entries.push([29, strings.add(runpath)]);
  entries.push([0x6ffffffb, nodelete ? 8 : 0], [0, 0]);
  const dynamic = Buffer.concat(entries.map(([tag, value]) => pack([8, tag], [8, value])));

  const symbol = (/** @type {string} */ name, /** @type {number} */ section) =>
    pack([4, strings.add(name)], [1, 0x12], [1, 0], [2, section], [8, 0], [8, 0]);
  const dynamicSymbols = Buffer.concat([
    Buffer.alloc(24), ...imported.map((name) => symbol(name, 0)), ...exported.map((name) => symbol(name, 1)),
  ]);

  const versioned = libraries.filter(({ versions }) => versions.length > 0);
  const versions = Buffer.concat(versioned.flatMap(({ name, versions: names }, index) => {
    const isLast = index === versioned.length - 1;
    const head = pack([2, 1], [2, names.length], [4, name], [4, 16], [4, isLast ? 0 : 16 + 16 * names.length]);
    return [head, ...names.map((each, at) =>
      pack([4, 0], [2, 0], [2, 2], [4, strings.add(each)], [4, at === names.length - 1 ? 0 : 16]))];
  }));

  // By kind; the strings are the first after the empty one.
  const sections = [
    { type: 0, bytes: Buffer.alloc(0) },
    { type: 3, bytes: strings.bytes },
    { type: 6, bytes: dynamic },
    { type: 11, bytes: dynamicSymbols },
    { type: 0x6ffffffe, bytes: versions },
    ...(symbols ? [{ type: 2, bytes: Buffer.alloc(24) }] : []),
  ];
  let offset = HEADER;
  const table = sections.map(({ type, bytes }) => {
    const entry = pack([4, 0], [4, type], [8, 0], [8, 0], [8, offset], [8, bytes.length], [4, 1], [4, 0], [8, 1], [8, 0]);
    offset += bytes.length;
    return entry;
  });
  const header = Buffer.concat([
    Buffer.from('\x7fELF\x02\x01\x01'.padEnd(16, '\0'), 'latin1'),
    pack([2, 3], [2, machine], [4, 1], [8, 0], [8, 0], [8, offset], [4, 0]),
    pack([2, HEADER], [2, 0], [2, 0], [2, SECTION], [2, sections.length], [2, 1]),
  ]);
  return Buffer.concat([header, ...sections.map(({ bytes }) => bytes), ...table]);
}

module.exports = { elfFile };
