// @ts-check
'use strict';

/**
 * Looks at the file of a binary before it is loaded. Linux ends a process with SIGBUS that loads a file which is cut short,
 * and says of one for another architecture that there is no such file.
 */

const fs = require('node:fs');

/** The header of an ELF file of 64 bits (System V ABI), and where it has what is read of it. */
const HEADER = 64;
const MAGIC = '\x7fELF\x02\x01';
const MACHINE = 18;
const SECTIONS_AT = 40;
const SECTION_SIZE = 58;
const SECTION_COUNT = 60;

/** Architectures as Node names them, by their number in the header. @type {Record<number, string>} */
const ARCHITECTURES = { 3: 'ia32', 21: 'ppc64', 22: 's390x', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64', 258: 'loong64' };

/**
 * @param {string} file
 * @throws {Error} When it is known that the file cannot be loaded: it must not be read, is incomplete, or is for another architecture.
 *   Everything else is left to the loader.
 */
function checkFile(file) {
  let descriptor;
  try {
    descriptor = fs.openSync(file, 'r');
  } catch (error) {
    if (/** @type {any} */ (error).code === 'EACCES') throw error;
    return;
  }
  try {
    const header = Buffer.alloc(HEADER);
    if (fs.readSync(descriptor, header, 0, HEADER, 0) < HEADER || !header.toString('latin1').startsWith(MAGIC)) return;
    const architecture = ARCHITECTURES[header.readUInt16LE(MACHINE)];
    if (architecture !== undefined && architecture !== process.arch) throw new Error(`${file} is for the architecture ${architecture}`);
    // The sections' own table is the last part of a file.
    const end = Number(header.readBigUInt64LE(SECTIONS_AT)) + header.readUInt16LE(SECTION_SIZE) * header.readUInt16LE(SECTION_COUNT);
    const { size } = fs.fstatSync(descriptor);
    if (size < end) throw new Error(`${file} is incomplete: it has ${size} of ${end} bytes`);
  } finally {
    fs.closeSync(descriptor);
  }
}

module.exports = { checkFile };
