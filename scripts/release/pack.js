// @ts-check
'use strict';

/**
 * Makes the packages that are published, from binaries that `binary.js` has built:
 * `node scripts/release/pack.js` takes them from `artifacts` and puts `line-socket-native-VERSION.tgz`
 * and one package for each platform into `artifacts/packages`. `--binaries FOLDER` and `--out FOLDER`
 * name others. All platforms have to be there, or those that are named.
 *
 * The published `package.json` differs from that of the checkout. There, platform packages are not dependencies,
 * because a lock file cannot contain packages that no registry has yet.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { PUBLISHED, packageOf } = require('../../lib/binding/platform.js');
const manifest = require('../../package.json');
const { buildClient } = require('../build-client.js');
const { ROOT } = require('../run.js');
const { report } = require('./check-binary.js');
const { licencesOf } = require('./licences.js');
const { withLinks } = require('./links.js');
const { npm } = require('./npm.js');
const { repositoryOf } = require('./repository.js');
const { targetOf } = require('./targets.js');

/** Fields of `package.json` for the checkout only. `private` keeps it from being published as it is. */
const INTERNAL = ['private', '//repository', 'scripts', 'devDependencies', 'overrides', 'napi'];

/** Fields of `package.json` that platform packages have as well, if they are present. */
const SHARED = ['version', 'license', 'author', 'repository', 'bugs', 'homepage', 'engines'];

/** Whether a file, or a pattern, is of binaries: copies of a checkout contain its binary, published packages none. */
const isBinary = (/** @type {string} */ file) => file.endsWith('.node');

/**
 * `package.json` as it is published.
 * @returns {Record<string, unknown>}
 */
function publishedManifest() {
  const kept = Object.entries({ ...manifest, files: manifest.files.filter((file) => !isBinary(file)) }).filter(([key]) => !INTERNAL.includes(key));
  // The exact version: a binary works with the JavaScript of its release only.
  const optionalDependencies = Object.fromEntries(PUBLISHED.map((triple) => [packageOf(triple), manifest.version]));
  // With `type` Node does not have to detect it from the files. In the checkout esbuild would follow it, and bundle the
  // client as CommonJS, which is larger than the ES modules that `build-client.js` makes.
  return { ...Object.fromEntries(kept), type: 'commonjs', optionalDependencies };
}

/**
 * `package.json` of a platform's package. npm installs it only where `os`, `cpu` and `libc` are as said.
 * @param {import('./targets.js').Target} target
 * @returns {Record<string, unknown>}
 */
function platformManifest({ triple, os: system, arch, libc, file }) {
  return {
    name: packageOf(triple),
    description: `The binary of line-socket-native for ${triple}`,
    ...Object.fromEntries(Object.entries(manifest).filter(([key]) => SHARED.includes(key))),
    os: [system],
    cpu: [arch],
    ...(libc === undefined ? {} : { libc: [libc] }),
    type: 'commonjs',
    main: file,
    files: [file, 'THIRD-PARTY-LICENSES.txt'],
    // Yarn keeps packages in archives, from which only JavaScript can be loaded.
    preferUnplugged: true,
  };
}

/**
 * Packs a folder that `fill` fills.
 * @param {string} out Where the package is put; it is made where it is missing.
 * @param {Record<string, unknown>} packageJson
 * @param {(folder: string) => void} fill
 * @returns {Promise<string>} The file.
 */
async function packFolder(out, packageJson, fill) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-pack-'));
  try {
    fill(folder);
    fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(packageJson, null, 2)}\n`);
    fs.mkdirSync(out, { recursive: true });
    await npm(['pack', '--ignore-scripts', '--pack-destination', path.resolve(out)], { cwd: folder });
    return path.join(out, `${packageJson.name}-${packageJson.version}.tgz`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Packs the package itself: the files of the checkout that `files` in `package.json` names.
 * @param {string} out Where it is put.
 * @returns {Promise<string>} The file.
 */
async function packMain(out) {
  await buildClient();
  const [{ files }] = JSON.parse(await npm(['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT }));
  const names = files.map((/** @type {{path: string}} */ each) => each.path).filter((/** @type {string} */ file) => !isBinary(file));
  const destination = { url: repositoryOf(manifest), ref: `v${manifest.version}`, files: names };
  return packFolder(out, publishedManifest(), (folder) => {
    for (const file of names) {
      const [from, to] = [ROOT, folder].map((root) => path.join(root, file));
      fs.cpSync(from, to);
      if (file.endsWith('.md')) fs.writeFileSync(to, withLinks(fs.readFileSync(from, 'utf8'), file, destination));
    }
  });
}

/**
 * Packs the package of a platform.
 * @param {string} triple Of `PUBLISHED`.
 * @param {string} folder Where its binary is.
 * @param {string} out Where the package is put.
 * @returns {Promise<string>} The file.
 */
function packPlatform(triple, folder, out) {
  const target = targetOf(triple);
  return packFolder(out, platformManifest(target), (into) => {
    fs.copyFileSync(path.join(folder, target.file), path.join(into, target.file));
    fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(into, 'LICENSE'));
    fs.writeFileSync(path.join(into, 'THIRD-PARTY-LICENSES.txt'), licencesOf(target.rust));
    fs.writeFileSync(
      path.join(into, 'README.md'),
      `# ${packageOf(triple)}\n\nThe binary of line-socket-native for ${triple}, which that package installs where it is needed.\n`,
    );
  });
}

/** @param {string[]} argv */
async function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    options: {
      binaries: { type: 'string', default: path.join(ROOT, 'artifacts') },
      out: { type: 'string', default: path.join(ROOT, 'artifacts', 'packages') },
    },
    allowPositionals: true,
  });
  const { binaries, out } = /** @type {{binaries: string, out: string}} */ (values);
  const triples = positionals.length > 0 ? positionals : PUBLISHED;
  const found = triples.map((triple) => path.join(binaries, targetOf(triple).file));
  const missing = found.filter((file) => !fs.existsSync(file));
  if (missing.length > 0) throw new Error(`not built: ${missing.join(', ')}`);
  if (!found.map(report).every(Boolean)) throw new Error('these may not be published');

  const platforms = await Promise.all(triples.map((triple) => packPlatform(triple, binaries, out)));
  // To be published in this order: whoever installs the package has to find the others.
  for (const file of [...platforms, await packMain(out)]) console.log(`${file}: ${fs.statSync(file).size} bytes`);
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

module.exports = { packMain, packPlatform, platformManifest, publishedManifest };
