// @ts-check
'use strict';

/** What a release checks of binaries: that each loads on the systems it is for. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { platformTriple } = require('../../lib/binding/platform');
const { isAddon } = require('../../scripts/addon');
const { checkBinary } = require('../../scripts/release/check-binary');
const { readLibrary } = require('../../scripts/release/elf');
const { targetOf } = require('../../scripts/release/targets');
const { elfFile } = require('./elf-file');

const ROOT = path.join(__dirname, '../..');

/** @typedef {import('./elf-file').Description} Description */

/** What a good binary is like, by platform. @type {Record<string, Description>} */
const GOOD = {
  'linux-x64-gnu': {
    needed: { 'libgcc_s.so.1': ['GCC_3.0'], 'libc.so.6': ['GLIBC_2.9', 'GLIBC_2.17', 'GLIBC_2.2.5'], 'libdl.so.2': [] },
    imported: ['memcpy'],
    exported: ['napi_register_module_v1'],
  },
  'linux-arm64-gnu': { machine: 183, needed: { 'libc.so.6': ['GLIBC_2.28'] }, exported: ['napi_register_module_v1'] },
  'linux-x64-musl': { needed: { 'libc.so': [] }, exported: ['napi_register_module_v1'], nodelete: false },
};

/** @type {[what: string, triple: string, difference: Description, problem: RegExp][]} */
const BAD = [
  ['another architecture', 'linux-x64-gnu', { machine: 183 }, /^is for arm64$/],
  ['an architecture nobody knows', 'linux-arm64-gnu', { machine: 243 }, /^is for 243$/],
  ['a new glibc', 'linux-x64-gnu', { needed: { 'libc.so.6': ['GLIBC_2.29', 'GLIBC_2.4'] } }, /^needs glibc 2\.29, newer/],
  ['a new glibc of three numbers', 'linux-x64-gnu', { needed: { 'libc.so.6': ['GLIBC_2.28.1'] } }, /^needs glibc 2\.28\.1, newer/],
  ['glibc, where there is musl', 'linux-x64-musl', { needed: { 'libc.so': ['GLIBC_2.17'] } }, /^needs glibc 2\.17$/],
  ['the library of glibc, where there is musl', 'linux-x64-musl', { needed: { 'libc.so.6': [] } }, /^needs libc\.so\.6$/],
  ['musl, where there is glibc', 'linux-x64-gnu', { needed: { 'libc.so': [] } }, /^needs libc\.so$/],
  ['a library that not every system has', 'linux-x64-gnu', { needed: { 'libc.so.6': ['GLIBC_2.17'], 'libssl.so.3': [] } }, /^needs libssl\.so\.3$/],
  ['symbols of another library', 'linux-x64-gnu', { needed: { 'libc.so.6': ['GLIBC_2.17', 'GLIBC_PRIVATE'] } }, /^needs symbols of GLIBC_PRIVATE$/],
  ['a folder for libraries', 'linux-x64-gnu', { runpath: '/home/me/lib' }, /^looks for libraries in \/home\/me\/lib$/],
  ['no entry', 'linux-x64-gnu', { exported: [] }, /^exports nothing/],
  ['symbols that others could find', 'linux-x64-gnu', { exported: ['napi_register_module_v1', 'crc32'] }, /^exports .*crc32/],
  ['its symbols', 'linux-x64-musl', { symbols: true }, /^has its symbols/],
  ['no mark that it stays', 'linux-x64-gnu', { nodelete: false }, /^can be unloaded/],
  ['functions of later versions of Node-API', 'linux-x64-gnu', { imported: ['node_api_symbol_for'] }, /^knows node_api_symbol_for/],
];

describe('the check of a binary', () => {
  for (const [triple, description] of Object.entries(GOOD)) {
    it(`finds nothing wrong with a good one for ${triple}`, () => {
      assert.deepEqual(checkBinary(elfFile(description), targetOf(triple)).problems, []);
    });
  }

  for (const [what, triple, difference, problem] of BAD) {
    it(`reports ${what}`, () => {
      const { problems } = checkBinary(elfFile({ ...GOOD[triple], ...difference }), targetOf(triple));
      assert.ok(problems.some((each) => problem.test(each)), problems.join('\n'));
    });
  }

  it('tells the newest glibc needed', () => {
    assert.ok(checkBinary(elfFile(GOOD['linux-x64-gnu']), targetOf('linux-x64-gnu')).facts.includes('glibc 2.17'));
  });

  it('reports a size that only builds for debuggers have', () => {
    const file = Buffer.concat([elfFile(GOOD['linux-x64-gnu']), Buffer.alloc(8 * 1024 * 1024)]);
    assert.match(checkBinary(file, targetOf('linux-x64-gnu')).problems.join(), /has \d+ bytes, more than/);
  });

  it('looks into binaries of other systems, too', () => {
    const file = Buffer.from('…node_api_post_finalizer…');
    const { problems } = checkBinary(file, targetOf('win32-arm64-msvc'));
    assert.match(problems.join(), /does not export napi_register_module_v1.*knows node_api_post_finalizer/);
  });

  it('reports libraries that not every system has', () => {
    const problems = (/** @type {string} */ triple, /** @type {string} */ library) =>
      checkBinary(Buffer.from(`napi_register_module_v1\0${library}\0`), targetOf(triple)).problems;
    assert.deepEqual(problems('win32-x64-msvc', 'VCRUNTIME140.dll'), ['needs VCRUNTIME140.dll']);
    assert.deepEqual(problems('win32-x64-msvc', 'KERNEL32.dll'), []);
  });

  it('finds nothing wrong with the one built here, but for the glibc of this machine, and the size of one for the tests', () => {
    const target = targetOf(platformTriple());
    const { problems } = checkBinary(fs.readFileSync(path.join(ROOT, target.file)), target);
    // The addon for the tests is hardly optimized, and larger.
    const expected = isAddon('release') ? /^needs glibc [\d.]+, newer/ : /^needs glibc [\d.]+, newer|^has \d+ bytes, more than/;
    assert.deepEqual(problems.filter((problem) => !expected.test(problem)), []);
  });
});

describe('reading an ELF file', () => {
  it('throws for what is none', () => {
    for (const bytes of ['', 'MZ\x90\x00', '\x7fELF\x01\x01'.padEnd(100, '\0')]) {
      assert.throws(() => readLibrary(Buffer.from(bytes, 'latin1')), /no ELF file/);
    }
  });

  it('throws for one that is cut short', () => {
    const file = elfFile(GOOD['linux-x64-gnu']);
    assert.throws(() => readLibrary(file.subarray(0, file.length - 100)), RangeError);
  });
});

describe('scripts/release/check-binary.js', () => {
  /** @param {string[]} files */
  function run(...files) {
    return spawnSync(process.execPath, [path.join(ROOT, 'scripts/release/check-binary.js'), ...files], { encoding: 'utf8' });
  }

  /** @param {(folder: string) => void} body */
  function withFolder(body) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-binary-'));
    try {
      body(folder);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }

  it('knows what a file is for by its name, and fails when one of them is bad', () => {
    withFolder((folder) => {
      const [good, bad] = ['linux-x64-gnu', 'linux-arm64-gnu'].map((triple) => path.join(folder, targetOf(triple).file));
      fs.writeFileSync(good, elfFile(GOOD['linux-x64-gnu']));
      fs.writeFileSync(bad, elfFile(GOOD['linux-x64-gnu']));
      assert.equal(run(good).status, 0);
      const { status, stdout, stderr } = run(bad, good);
      assert.equal(status, 1);
      assert.match(stdout, /^line-socket-native\.linux-x64-gnu\.node: .*glibc 2\.17/m);
      assert.equal(stderr, 'line-socket-native.linux-arm64-gnu.node is for x64\n');
    });
  });

  it('says how it is called, and refuses other names', () => {
    assert.deepEqual([run().status, run('addon.node').status], [2, 1]);
    withFolder((folder) => {
      const file = path.join(folder, 'addon.node');
      fs.writeFileSync(file, '');
      assert.match(run(file).stderr, /is not named as a binary that is published/);
    });
  });
});
