// @ts-check
'use strict';

/** What a release checks of binaries for macOS, and by what: the symbols of the oldest macOS that is promised. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { checkBinary } = require('../../scripts/release/check-binary');
const { readLibrary } = require('../../scripts/release/macho');
const MACOS = require('../../scripts/release/macos-symbols.json');
const { symbolsOf } = require('../../scripts/release/stubs');
const { targetOf } = require('../../scripts/release/targets');
const { machoFile } = require('./macho-file');

/** @typedef {import('./macho-file').Description} Description */

const LIB_SYSTEM = '/usr/lib/libSystem.B.dylib';

/** What a good binary is like, by platform. @type {Record<string, Description>} */
const GOOD = {
  'darwin-x64': {
    arch: 'x64', macos: '10.12', old: true, needed: [LIB_SYSTEM, '/usr/lib/libiconv.2.dylib'], imported: ['_kevent', '_memcpy'], exported: ['_napi_register_module_v1'],
  },
  'darwin-arm64': {
    macos: '11.0', needed: [LIB_SYSTEM], imported: ['_kevent', '_memcpy'], weak: ['_of_a_later_release'], hidden: ['_own'],
    exported: ['_napi_register_module_v1'],
  },
};

/** @type {[what: string, triple: string, difference: Description, problem: RegExp][]} */
const BAD = [
  ['another architecture', 'darwin-arm64', { arch: 'x64' }, /^is for x64$/],
  ['a newer macOS', 'darwin-arm64', { macos: '12.0' }, /^needs macOS 12\.0, newer than 11\.0$/],
  ['a newer macOS, by the older command', 'darwin-x64', { macos: '11.3' }, /^needs macOS 11\.3, newer than 10\.15$/],
  ['no macOS', 'darwin-x64', { macos: '' }, /^does not say which macOS it needs$/],
  ['a symbol that the oldest macOS may not have', 'darwin-x64', { imported: ['_memcpy', '_of_a_later_release'] }, /^imports _of_a_later_release, not looked up in the libraries of macOS 10\.15/],
  ['functions of Node, which are looked up by name', 'darwin-arm64', { imported: ['_napi_create_object'] }, /^imports _napi_create_object/],
  ['a library that not every system has', 'darwin-arm64', { needed: [LIB_SYSTEM, '/opt/homebrew/opt/openssl@3/lib/libssl.3.dylib'] }, /^needs \/opt\/homebrew\/.*\/libssl\.3\.dylib$/],
  ['a folder for libraries', 'darwin-arm64', { rpath: '/Users/me/lib' }, /^looks for libraries in \/Users\/me\/lib$/],
  ['no entry', 'darwin-arm64', { exported: [], hidden: ['_napi_register_module_v1'] }, /^does not export _napi_register_module_v1$/],
];

describe('the check of a binary for macOS', () => {
  for (const [triple, description] of Object.entries(GOOD)) {
    it(`finds nothing wrong with a good one for ${triple}`, () => {
      const { problems, facts } = checkBinary(machoFile(description), targetOf(triple));
      assert.deepEqual(problems, []);
      assert.ok(facts.some((fact) => fact.startsWith(`2 symbols of ${LIB_SYSTEM}`)), facts.join());
    });
  }

  for (const [what, triple, difference, problem] of BAD) {
    it(`reports ${what}`, () => {
      const { problems } = checkBinary(machoFile({ ...GOOD[triple], ...difference }), targetOf(triple));
      assert.ok(problems.some((each) => problem.test(each)), problems.join('\n'));
    });
  }

  it('throws for what is no Mach-O file, and for one that is cut short', () => {
    for (const bytes of ['', '\x7fELF\x02\x01\x01'.padEnd(100, '\0')]) assert.throws(() => readLibrary(Buffer.from(bytes, 'latin1')), /no Mach-O file/);
    assert.throws(() => readLibrary(machoFile(GOOD['darwin-x64']).subarray(0, 60)), RangeError);
  });

  it('knows the systems that the guide promises', () => {
    const guide = fs.readFileSync(path.join(__dirname, '../../docs/guides/installing.md'), 'utf8');
    for (const arch of /** @type {const} */ (['x64', 'arm64'])) {
      const promised = `\`darwin-${arch}\` | macOS ${MACOS[arch].macos.replace(/\.0$/, '')} and later`;
      assert.ok(guide.includes(promised), promised);
      // Sockets wait by kqueue there.
      for (const name of ['_kqueue', '_kevent', '_accept']) assert.ok(MACOS[arch].symbols.includes(name), name);
    }
  });
});

describe('reading stub libraries', () => {
  const STUBS = `--- !tapi-tbd
targets:         [ x86_64-macos, arm64-macos ]
exports:
  - targets:         [ x86_64-macos ]
    symbols:         [ '$ld$hide$os10.4$_a', '_fstat$INODE64',
                       _old ]
  - targets:         [ arm64-macos,
                       arm64e-macos ]
    symbols:         [ _fstat ]
    weak-symbols:    [ __Znwm ]
    objc-classes:    [ NSObject ]
--- !tapi-tbd
install-name:    '/usr/lib/system/libsystem_c.dylib'
reexports:
  - targets:         [ x86_64-macos, arm64-macos ]
    symbols:         [ _memcpy ]
...
`;

  it('finds the symbols of a target in all documents', () => {
    assert.deepEqual([...symbolsOf(STUBS, 'x86_64-macos')], ['_fstat$INODE64', '_old', '_memcpy']);
    assert.deepEqual([...symbolsOf(STUBS, 'arm64-macos')], ['_fstat', '__Znwm', '_memcpy']);
  });

  it('throws when there are none', () => {
    assert.throws(() => symbolsOf(STUBS, 'armv7-ios'), /no symbols for armv7-ios/);
    assert.throws(() => symbolsOf('', 'x86_64-macos'), /no symbols/);
  });
});
