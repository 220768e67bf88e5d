// @ts-check
'use strict';

/** Loading the addon: which binary is looked for, and what is said when there is none. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { PUBLISHED, fileOf, packageOf, platformTriple } = require('../../lib/binding/platform');
const { publishedManifest } = require('../../scripts/release/pack');

const ROOT = path.join(__dirname, '../..');
const { version } = require('../../package.json');
const BINARY = fileOf(platformTriple());

/** How long loading may take, in ms. */
const PATIENCE = 10000;

/** What the machine pretends to be, as statements run before the package is loaded. */
const MACHINES = {
  'freebsd-riscv64': pretend('freebsd', 'riscv64'),
  'win32-arm64-msvc': pretend('win32', 'arm64'),
  'darwin-x64': pretend('darwin', 'x64'),
  'linux-ppc64-gnu': `${pretend('linux', 'ppc64')}
    process.report.getReport = () => ({ header: { glibcVersionRuntime: '2.36' } });`,
  'linux-arm64-musl': `${pretend('linux', 'arm64')}
    process.report.getReport = () => ({ header: {} });
    process.execPath = '/none';
    require('node:fs').readdirSync = () => ['ld-musl-aarch64.so.1'];`,
};

/**
 * @param {string} platform
 * @param {string} arch
 */
function pretend(platform, arch) {
  return `Object.defineProperty(process, 'platform', { value: '${platform}' });
    Object.defineProperty(process, 'arch', { value: '${arch}' });`;
}

/**
 * Runs `body` with the folder of a copy of this package that has no binary.
 * @param {(folder: string) => void} body
 */
function withCopy(body) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-'));
  try {
    for (const name of ['lib', 'common']) fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(publishedManifest()));
    fs.mkdirSync(path.join(folder, 'node_modules'));
    const { dependencies } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    for (const name of Object.keys(dependencies)) {
      fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(folder, 'node_modules', name), 'junction');
    }
    body(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Loads the copy in a process of its own.
 * @param {string} folder
 * @param {string} [before] Statements run first.
 * @param {{nodeArgs?: string[], env?: Record<string, string>}} [options] Of Node, and added to the environment.
 * @returns {any} The error as plain values, or `loaded`.
 */
function load(folder, before = '', { nodeArgs = [], env = {} } = {}) {
  const script = `${before}
    try {
      require(${JSON.stringify(folder)});
      console.log(JSON.stringify('loaded'));
    } catch (error) {
      const { name, message, code, cause } = error;
      console.log(JSON.stringify({ name, message, code, cause: cause && { message: cause.message, code: cause.code } }));
    }`;
  const { stdout, stderr, error } = spawnSync(process.execPath, ['--no-warnings', ...nodeArgs, '-e', script], {
    encoding: 'utf8',
    timeout: PATIENCE,
    env: { ...process.env, ...env },
  });
  assert.equal(error, undefined);
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

/**
 * The error names the machine, the package, the usual causes where `isPublished`, and the way to build it.
 * @param {any} error
 * @param {string} triple
 * @param {boolean} [isPublished]
 */
function assertHelps(error, triple, isPublished = PUBLISHED.includes(triple)) {
  assert.equal(error.code, 'ERR_LINE_SOCKET_NO_BINARY');
  const { message } = error;
  const [platform, arch, libc] = triple.split('-');
  const parts = [
    `binary for ${triple} (platform ${platform}, architecture ${arch}`,
    platform === 'linux' ? `, C library ${libc === 'gnu' ? 'glibc' : libc}, Node` : `${arch}, Node`,
    process.version,
    `line-socket-native-${triple}`,
    isPublished ? '--omit=optional' : `No binary is published for ${triple}`,
    'npm run build',
  ];
  for (const part of parts) assert.ok(message.includes(part), `"${part}" in:\n${message}`);
}

/**
 * Runs `body` with a copy that is installed in an application, as `node_modules/line-socket`.
 * @param {(copy: string, application: string) => void} body
 */
function withApplication(body) {
  withCopy((folder) => {
    const application = path.join(folder, 'application');
    const copy = path.join(application, 'node_modules', 'line-socket');
    fs.mkdirSync(copy, { recursive: true });
    for (const name of ['lib', 'common', 'package.json', 'node_modules']) fs.renameSync(path.join(folder, name), path.join(copy, name));
    body(copy, application);
  });
}

/**
 * Writes the lock file of an application that has this package.
 * @param {string} application
 * @param {string[]} others Names of further packages in it.
 */
function lock(application, others) {
  const packages = Object.fromEntries(['line-socket', ...others].map((name) => [`node_modules/${name}`, {}]));
  fs.writeFileSync(path.join(application, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
}

/**
 * Puts a package where the binary's is looked for.
 * @param {string} folder
 * @param {string} main Its text.
 */
function addPackage(folder, main) {
  const where = path.join(folder, 'node_modules', `line-socket-native-${platformTriple()}`);
  fs.mkdirSync(where);
  fs.writeFileSync(path.join(where, 'index.js'), main);
}

/**
 * Puts the real binary into a package where it is looked for.
 * @param {string} folder
 * @returns {string} The package's folder.
 */
function addBinary(folder) {
  const where = path.join(folder, 'node_modules', packageOf(platformTriple()));
  fs.mkdirSync(where);
  fs.writeFileSync(path.join(where, 'package.json'), JSON.stringify({ main: BINARY }));
  fs.copyFileSync(path.join(ROOT, BINARY), path.join(where, BINARY));
  return where;
}

describe('the binary', () => {
  it('that is missing: the error says what to do, on this platform', () => {
    withCopy((folder) => {
      const error = load(folder);
      assertHelps(error, platformTriple());
      assert.equal(error.cause.code, 'MODULE_NOT_FOUND');
    });
  });

  for (const [triple, statements] of Object.entries(MACHINES)) {
    it(`that is missing: the error says what to do, on ${triple}`, () => {
      withCopy((folder) => assertHelps(load(folder, statements), triple));
    });
  }

  it('is taken from the package for the platform', () => {
    withCopy((folder) => {
      addPackage(folder, 'exports.ServerCore = class { constructor() { throw new Error("not called by loading"); } dataPath() {} };');
      assert.equal(load(folder), 'loaded');
    });
  });

  it('is taken from the same package whichever loaders the machine has, without the report of Node, which takes long', () => {
    withCopy((folder) => {
      addPackage(folder, 'exports.ServerCore = class { dataPath() {} };');
      const machine = `process.report.getReport = () => process.exit(9);
        require('node:fs').readdirSync = () => ['ld-musl-x86_64.so.1', 'ld-linux-x86-64.so.2'];`;
      assert.equal(load(folder, machine), 'loaded');
    });
  });

  it('is taken from the package folder before that', () => {
    withCopy((folder) => {
      addPackage(folder, 'throw new Error("the wrong one");');
      fs.copyFileSync(path.join(ROOT, BINARY), path.join(folder, BINARY));
      assert.equal(load(folder), 'loaded');
    });
  });

  it('that is there but cannot be loaded: the error says why', () => {
    withCopy((folder) => {
      fs.writeFileSync(path.join(folder, BINARY), 'no binary at all');
      addPackage(folder, 'exports.ServerCore = class {};');
      const error = load(folder);
      assert.equal(error.code, 'ERR_LINE_SOCKET_NO_BINARY');
      assert.equal(error.cause.code, 'ERR_DLOPEN_FAILED');
      assert.ok(error.message.includes(error.cause.message), error.message);
      assert.match(error.message, new RegExp(`It is .*${BINARY}: replace it by that of ${packageOf(platformTriple())}`));
    });
  });

  it('whose package fails: the error says why', () => {
    withCopy((folder) => {
      addPackage(folder, 'throw new Error("needs a newer C library");');
      const error = load(folder);
      assertHelps(error, platformTriple());
      assert.ok(error.message.includes('needs a newer C library'), error.message);
    });
  });

  describe('that is missing in an application: the cause is found', () => {
    const TRIPLE = platformTriple();
    const OWN = packageOf(TRIPLE);
    const OTHER = packageOf(TRIPLE === 'darwin-arm64' ? 'linux-x64-gnu' : 'darwin-arm64');

    /** Parts of the sentences on each cause. */
    const OMITTED = '--omit=optional';
    const LOCKED = 'written on another platform';
    const COPIED = 'was copied from another system';
    const ABSENT = `"npm view ${OWN}@${version} version" prints a version if the registry has it`;

    /**
     * @param {string} copy
     * @param {string[]} causes Those that are named, of all.
     */
    function assertCauses(copy, causes) {
      const error = load(copy);
      assert.equal(error.code, 'ERR_LINE_SOCKET_NO_BINARY');
      assert.ok(error.message.includes(`the optional package ${OWN}, which is not installed`), error.message);
      const named = [OMITTED, LOCKED, COPIED, ABSENT].filter((cause) => error.message.includes(cause));
      assert.deepEqual(named, causes, error.message);
      assert.match(error.message, /clone the repository, run "npm ci && npm run build".*"npm install PATH-OF-THE-CLONE"/);
    }

    it('without a sign, all are named', () => {
      withApplication((copy) => assertCauses(copy, [OMITTED, LOCKED, COPIED, ABSENT]));
    });

    it('--omit=optional, or a download that failed: the lock file has the package', () => {
      withApplication((copy, application) => {
        lock(application, [OWN, OTHER]);
        assertCauses(copy, [OMITTED, ABSENT]);
      });
    });

    it('a lock file from another platform, or a registry that has some: it has others', () => {
      withApplication((copy, application) => {
        lock(application, [OTHER]);
        assertCauses(copy, [LOCKED, ABSENT]);
      });
    });

    it('a registry that has none: the lock file lists none', () => {
      withApplication((copy, application) => {
        lock(application, []);
        assertCauses(copy, [ABSENT]);
      });
    });

    it('a copied node_modules: it has the package of another platform', () => {
      withApplication((copy, application) => {
        lock(application, [OWN, OTHER]);
        fs.mkdirSync(path.join(application, 'node_modules', OTHER));
        assertCauses(copy, [COPIED]);
        assert.ok(load(copy).message.includes(`There is ${OTHER} instead`));
      });
    });

    it('of pnpm or of Yarn: nothing is said of npm', () => {
      for (const [manager, file] of [['pnpm', 'pnpm-lock.yaml'], ['yarn', 'yarn.lock']]) {
        withApplication((copy, application) => {
          fs.writeFileSync(path.join(application, file), '');
          const { message } = load(copy);
          assert.match(message, new RegExp(`supportedArchitectures of ${manager} leaves ${TRIPLE} out.*${manager} install on this machine`));
          for (const wrong of ['npm install on', 'npm ran', 'package-lock']) {
            assert.ok(!message.replaceAll('pnpm', '').includes(wrong), message);
          }
        });
      }
    });

    it('a lock file that is about other packages, or none at all, says nothing', () => {
      withApplication((copy, application) => {
        const file = path.join(application, 'package-lock.json');
        for (const text of ['{"packages":{}}', 'null', '{"packages":']) {
          fs.writeFileSync(file, text);
          assertCauses(copy, [OMITTED, LOCKED, COPIED, ABSENT]);
        }
      });
    });
  });

  it('that is missing in a checkout: the error says to build it there', () => {
    withCopy((folder) => {
      fs.writeFileSync(path.join(folder, 'Cargo.toml'), '');
      const { message } = load(folder);
      assert.ok(message.includes('a checkout in which it has not been built'), message);
      assert.ok(message.endsWith(`npm run build, in ${fs.realpathSync(folder)}`), message);
      assert.ok(!message.includes('--omit=optional'), message);
    });
  });

  it('whose package has lost it: the error says that the package is there', () => {
    withCopy((folder) => {
      const where = addBinary(folder);
      fs.rmSync(path.join(where, BINARY));
      const error = load(folder);
      assertHelps(error, platformTriple());
      assert.ok(error.message.includes(`is installed, in ${fs.realpathSync(where)}, but its file ${BINARY}`), error.message);
      assert.ok(!error.message.includes('not installed'), error.message);
    });
  });

  it('of another package, of another version, or none of this program: the error says so', () => {
    for (const text of ['exports.other = 1;', 'exports.ServerCore = class {};', 'exports.ServerCore = Object.create(null);']) {
      withCopy((folder) => {
        addPackage(folder, text);
        assert.match(load(folder).message, /cannot be loaded: it is not a binary of this version of line-socket-native/);
      });
    }
  });

  describe('that is damaged, or for another machine: the error says so, and the process goes on', { skip: process.platform !== 'linux' }, () => {
    /** What is done to the file, and what the error says. @type {[string, (file: string) => void, RegExp][]} */
    const damages = [
      ['cut short', (file) => fs.truncateSync(file, fs.statSync(file).size >> 1), /is incomplete: it has \d+ of \d+ bytes/],
      ['hardly begun', (file) => fs.truncateSync(file, 1000), /is incomplete: it has 1000 of \d+ bytes/],
      ['empty', (file) => fs.truncateSync(file, 0), /file too short|Exec format error/],
      ['another architecture', (file) => {
        const bytes = fs.readFileSync(file);
        bytes.writeUInt16LE(process.arch === 'riscv64' ? 62 : 243, 18);
        fs.writeFileSync(file, bytes);
      }, /is for the architecture (riscv64|x64)/],
    ];
    for (const [name, damage, pattern] of damages) {
      it(name, () => {
        withCopy((folder) => {
          damage(path.join(addBinary(folder), BINARY));
          const { code, message } = load(folder);
          assert.equal(code, 'ERR_LINE_SOCKET_NO_BINARY');
          assert.match(message, pattern);
          assert.match(message, /delete node_modules and run npm install on this machine/);
          // That a variable names, as well.
          const file = path.join(folder, 'node_modules', packageOf(platformTriple()), BINARY);
          assert.match(load(folder, '', { env: { LINE_SOCKET_NATIVE_BINARY: file } }).message, pattern);
        });
      });
    }

    // Root may read everything.
    it('not to be read', { skip: process.getuid?.() === 0 && 'root reads everything' }, () => {
      withCopy((folder) => {
        fs.chmodSync(path.join(addBinary(folder), BINARY), 0);
        const { message } = load(folder);
        assert.match(message, /cannot be loaded: EACCES: permission denied.*\nThe user of this process must be allowed to read that file/);
      });
    });
  });

  it('that a bundle of ES modules cannot require: the error tells of the bundle', () => {
    withCopy((folder) => {
      const bundle = path.join(folder, 'bundle.js');
      fs.copyFileSync(path.join(folder, 'lib/binding/binary.js'), path.join(folder, 'lib/binding/bundled.js'));
      addPackage(folder, "throw new ReferenceError('require is not defined');");
      fs.writeFileSync(bundle, "require('./lib/binding/bundled.js').loadBinary();");
      const { stderr } = spawnSync(process.execPath, [bundle], { encoding: 'utf8', timeout: PATIENCE });
      assert.match(stderr, /has no binary for /);
      assert.doesNotMatch(stderr, /cannot be loaded/);
    });
  });

  it('in place of which a bundler has put a path or code of its own: the error tells of the bundler', { skip: process.platform === 'win32' }, () => {
    const esbuild = require('esbuild');
    for (const loader of /** @type {const} */ (['file', 'binary', 'dataurl', 'empty'])) {
      withCopy((folder) => {
        addPackage(folder, `module.exports = require('./${BINARY}');`);
        fs.writeFileSync(path.join(folder, 'node_modules', packageOf(platformTriple()), BINARY), 'a binary');
        const outfile = path.join(folder, 'bundle/server.js');
        const entry = path.join(folder, 'lib/binding/binary.js');
        const stdin = { contents: `require(${JSON.stringify(entry)}).loadBinary()`, resolveDir: folder };
        esbuild.buildSync({ stdin, outfile, bundle: true, platform: 'node', loader: { '.node': loader }, logLevel: 'silent' });
        const { stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8', timeout: PATIENCE });
        assert.match(stderr, /which cannot be loaded: .*\nThe bundler has put something else in place of line-socket-native-/, loader);
        assert.match(stderr, /\n- mark line-socket-native, or .*, as external in the bundler/);
        assert.doesNotMatch(stderr, /npm install/);
      });
    }
  });

  it('that Node may not load: the error names the options, and blames no installation', () => {
    const permission = ['--permission', '--experimental-permission'].find((option) => process.allowedNodeEnvironmentFlags.has(option));
    /** @type {[object, RegExp][]} */
    const cases = [
      [{ nodeArgs: ['--no-addons'] }, /runs with --no-addons \(on the command line\).* --allow-addons/],
      [{ env: { NODE_OPTIONS: '--no-addons' } }, /runs with --no-addons \(in NODE_OPTIONS\).* --allow-addons/],
    ];
    if (permission !== undefined) cases.push([{ nodeArgs: [permission, '--allow-fs-read=*'] }, /--permission.* --allow-addons/]);
    withCopy((folder) => {
      addBinary(folder);
      assert.equal(load(folder), 'loaded');
      for (const [options, pattern] of cases) {
        const { code, cause, message } = load(folder, '', options);
        assert.deepEqual([code, cause.code], ['ERR_LINE_SOCKET_NO_BINARY', 'ERR_DLOPEN_DISABLED']);
        assert.match(message, pattern);
        for (const wrong of ['--omit', 'node_modules', 'Rust']) assert.ok(!message.includes(wrong), message);
      }
      if (permission === undefined) return;
      assert.equal(load(folder, '', { nodeArgs: [permission, '--allow-fs-read=*', '--allow-addons'] }), 'loaded');
    });
  });

  describe('that LINE_SOCKET_NATIVE_BINARY names', () => {
    const env = (/** @type {string} */ file) => ({ env: { LINE_SOCKET_NATIVE_BINARY: file } });

    it('is taken before all others, and an empty name is none', () => {
      withCopy((folder) => {
        addPackage(folder, 'throw new Error("the wrong one");');
        const file = path.join(folder, 'any-name.node');
        fs.copyFileSync(path.join(ROOT, BINARY), file);
        assert.equal(load(folder, '', env(file)), 'loaded');
        assert.equal(load(folder, '', env(path.relative(process.cwd(), file))), 'loaded');
        assert.match(load(folder, '', env('')).message, /the wrong one/);
      });
    });

    it('is the only one: where it is missing or broken, the error says so and names it', () => {
      withCopy((folder) => {
        addBinary(folder);
        fs.writeFileSync(path.join(folder, 'broken.node'), 'no binary at all');
        fs.writeFileSync(path.join(folder, 'other.js'), '');
        /** @type {Record<string, RegExp>} */
        const cases = {
          'none.node': /LINE_SOCKET_NATIVE_BINARY is .*none\.node, where there is no file\.\nSet it to the path of line-socket-native\./,
          'lib': /LINE_SOCKET_NATIVE_BINARY is .*lib, which is not a file\./,
          'other.js': /LINE_SOCKET_NATIVE_BINARY is .*other\.js, whose name does not end with \.node\./,
          'broken.node': /in broken\.node, which LINE_SOCKET_NATIVE_BINARY names, which cannot be loaded: /,
        };
        for (const [file, pattern] of Object.entries(cases)) {
          const { code, message } = load(folder, '', env(path.join(folder, file)));
          assert.equal(code, 'ERR_LINE_SOCKET_NO_BINARY');
          assert.match(message, pattern);
          assert.ok(!message.includes('--omit'), message);
        }
      });
    });
  });

  it('that is missing in a copy of a checkout: the error says to build it there, and nothing of npm', () => {
    withApplication((copy) => {
      fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(copy, 'package.json'));
      assert.match(load(copy).message, /copy of a checkout that was made before the binary was built there: run "npm ci && npm run build"/);
      const other = fileOf(platformTriple() === 'darwin-arm64' ? 'linux-x64-gnu' : 'darwin-arm64');
      fs.writeFileSync(path.join(copy, other), '');
      assert.ok(load(copy).message.includes(`This copy has ${other}, built on another system`));
    });
  });

  it('that is missing in a copy with all files of a checkout, as of Yarn, or behind a link to one', () => {
    withApplication((copy, application) => {
      fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(copy, 'package.json'));
      fs.writeFileSync(path.join(copy, 'Cargo.toml'), '');
      const { message } = load(copy);
      assert.match(message, /copy of a checkout .*run "npm ci && npm run build" in the checkout/);
      assert.ok(!message.includes('Build it here'), message);
      const checkout = path.join(application, 'checkout');
      fs.renameSync(copy, checkout);
      fs.symlinkSync(checkout, copy, 'junction');
      // `debug` is a link here, and does not find it otherwise.
      fs.symlinkSync(path.dirname(require.resolve('ms/package.json')), path.join(checkout, 'node_modules/ms'), 'junction');
      for (const nodeArgs of [[], ['--preserve-symlinks']]) {
        assert.match(load(copy, '', { nodeArgs }).message, /a checkout in which it has not been built\.\nBuild it here/);
      }
    });
  });

  it('that is missing: `import` fails in the same way', () => {
    withCopy((folder) => {
      const file = path.join(folder, 'lib', 'index.mjs');
      const script = `import(${JSON.stringify(pathToFileURL(file).href)})
        .then(() => console.log('loaded'), (error) => console.log(error.code));`;
      const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: PATIENCE });
      assert.equal(stdout.trim(), 'ERR_LINE_SOCKET_NO_BINARY');
    });
  });
});
