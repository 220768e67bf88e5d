// @ts-check
'use strict';

/**
 * Gives a program another dynamic loader, and says where its table of segments is. The Node for musl of PyPI has lost that
 * entry, without which musl's loader crashes. ELF of 64 bits, by the System V ABI ("gABI", chapter 5).
 */

/** Kinds of segments, `p_type`. */
const INTERPRETER = 3;
const TABLE = 6;
/** Memory to protect once it is relocated: the one entry that a program can do without. */
const RELRO = 0x6474e552;

const ENTRY_SIZE = 56;

/**
 * @param {Buffer} program
 * @param {string} loader An absolute path.
 * @returns {Buffer} The changed program.
 * @throws {Error} When it has no loader.
 */
function withLoader(program, loader) {
  const name = Buffer.from(`${loader}\0`);
  const changed = Buffer.concat([program, name]);
  const start = Number(changed.readBigUInt64LE(32));
  const count = changed.readUInt16LE(56);
  const entries = Array.from({ length: count }, (_, index) => start + index * ENTRY_SIZE);
  const find = (/** @type {number} */ kind) => entries.find((at) => changed.readUInt32LE(at) === kind);
  const set = (/** @type {number} */ at, /** @type {number[]} */ offsets, /** @type {number} */ value) => {
    for (const offset of offsets) changed.writeBigUInt64LE(BigInt(value), at + offset);
  };

  const interpreter = find(INTERPRETER);
  if (interpreter === undefined) throw new Error('the program has no dynamic loader');
  set(interpreter, [8], program.length);
  set(interpreter, [32, 40], name.length);

  const spare = find(RELRO);
  if (find(TABLE) === undefined && spare !== undefined) {
    changed.writeUInt32LE(TABLE, spare);
    set(spare, [8, 16, 24], start);
    set(spare, [32, 40], count * ENTRY_SIZE);
  }
  return changed;
}

module.exports = { withLoader };
