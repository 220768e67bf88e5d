// @ts-check
'use strict';

/**
 * Builds the client for browsers, from the modules in `client/` that Node runs as they are:
 * - `dist/client-web.mjs` and `dist/client-web.js` for bundlers,
 * - `dist/client-web-globals.js`, minified, for a `<script>` tag.
 */

const fs = require('node:fs');
const path = require('node:path');
const { keyOf } = require('./enum-of.js');
const { ROOT } = require('./run.js');

/** @typedef {import('esbuild').BuildOptions} BuildOptions */

/**
 * Converts our modules to ES modules, which bundle smaller. They all have the same form: constants made by
 * `require`, and one `module.exports`. A module of another form stays CommonJS, and works as well.
 * @param {(source: string, file: string) => string} [prepare] Changes a source before.
 * @returns {import('esbuild').Plugin}
 */
const asModules = (prepare = (source) => source) => ({
  name: 'as-modules',
  setup(build) {
    build.onLoad({ filter: /\.js$/ }, ({ path: file }) => {
      const contents = prepare(fs.readFileSync(file, 'utf8'), file)
        .replace(/^const \{(.*)\} = require\((.*)\);$/gm, (_, names, from) => {
          return `import {${names.replaceAll(': ', ' as ')}} from ${from};`;
        })
        .replace(/^const (\w+) = require\((.*)\);$/gm, 'import $1 from $2;')
        .replace(/^module\.exports = (\{[^{}]*\});$/m, 'export $1;')
        .replace(/^module\.exports = /m, 'export default ');
      return { contents, loader: 'js' };
    });
  },
});

/**
 * The source of a module that exports enumerations, in few bytes.
 * @param {Record<string, Record<string, string>>} enums By name.
 */
function compactEnums(enums) {
  const written = Object.entries(enums).map(([name, values]) => {
    const members = Object.entries(values).map(([key, value]) => (key === keyOf(value) ? value : `${value}=${key}`));
    return `export const ${name} = enumOf('${members.join(' ')}');`;
  });
  return `import { enumOf } from ${JSON.stringify(require.resolve('./enum-of.js'))};\n${written.join('\n')}`;
}

/**
 * Leaves out the texts for people (`common/failure.js`), with the payload before them where that is undefined.
 * @param {string} source
 */
const withoutTexts = (source) => source.replace(/(?:(?:, undefined)?,\s+)?\btext`(\$\{([^{}`]|\{\w+\}|`[^`]*`)*\}|[^`$])*`,?(?=\s*\))/g, '');

/**
 * Makes the functions of a module arrow functions, which are shorter, except those that use `this`. While modules load, none
 * of them may be called before its place in the module.
 * @param {string} source
 */
const withArrows = (source) => source.replace(/^(async )?function (\w+)(\(.*\)) (\{\n[^]*?^\})/gm, (whole, async = '', name, parameters, body) => {
  return /\bthis[.[]/.test(body) ? whole : `const ${name} = ${async}${parameters} => ${body};`;
});

/**
 * Puts the values of enumerations where a source reads them. It may import them under other names.
 * @param {string} source
 * @param {string} file
 */
function withValues(source, file) {
  if (file.endsWith('enums.js')) return compactEnums(require(file));
  source = withArrows(withoutTexts(source));
  /** @type {Record<string, Record<string, string>>} */
  const enums = {};
  for (const [, names, from] of source.matchAll(/^const \{(.*)\} = require\('(.*enums\.js)'\);$/gm)) {
    const all = require(path.resolve(path.dirname(file), from));
    for (const name of names.split(',')) {
      const [exported, local = exported] = name.split(':').map((part) => part.trim());
      enums[local] = all[exported];
    }
  }
  return source.replace(/(?<![.\w])(\w+)\.([A-Z_]+)\b/g, (member, name, key) => {
    return Object.hasOwn(enums, name) && key in enums[name] ? `'${enums[name][key]}'` : member;
  });
}

/**
 * Names of properties that the modules of the client use among themselves. They are shortened, so none may be a name
 * that applications, browsers or the language use. `__test__/client/builds.test.js` checks that the list is complete.
 */
const INTERNAL = [
  ...['addWaiter', 'attemptNow', 'bring', 'connected', 'disconnected', 'giveUp', 'handling', 'heard', 'howMany', 'isPending', 'known', 'note'],
  ...['onNotResponded', 'openSocket', 'pause', 'report', 'reset', 'respond', 'schedule', 'share', 'socketClass', 'stopTimer', 'take', 'takeAll'],
];

/**
 * The builds, by file in `dist/`.
 * @type {Record<string, BuildOptions>}
 */
const BUILDS = {
  'client-web.mjs': { entryPoints: ['client/web.mjs'], format: 'esm', plugins: [asModules()] },
  'client-web.js': { entryPoints: ['client/web.js'], format: 'cjs' },
  'client-web-globals.js': {
    entryPoints: ['client/globals.js'],
    format: 'iife',
    plugins: [asModules(withValues)],
    minify: true,
    // Statements with this label are for Node and bundlers.
    dropLabels: ['FULL'],
    mangleProps: new RegExp(`^(${INTERNAL.join('|')})$`),
  },
};

/** Reading a property has no effect here: what may throw on it is not read without use. */
const TERSER = /** @type {const} */ ({
  ecma: 2022,
  toplevel: true,
  compress: { keep_fargs: false, passes: 3, hoist_funs: true, if_return: false, inline: 1, pure_getters: true, sequences: false, unsafe: true, unsafe_arrows: true },
});

/**
 * Minifies once more: terser makes the build for a `<script>` tag 3 % smaller than esbuild does by itself. The names of
 * private members are shortened by esbuild alone.
 * @param {string} text
 * @returns {Promise<string>}
 */
async function minifyAgain(text) {
  const { minify } = await import('terser');
  const { code } = await minify(text, TERSER);
  return `${code}\n`;
}

/**
 * Makes the files that are not up to date.
 * @returns {Promise<void>} Rejects when esbuild is not installed, or a file has an error.
 */
async function buildClient() {
  const esbuild = require('esbuild');
  fs.mkdirSync(path.join(ROOT, 'dist'), { recursive: true });
  for (const [name, options] of Object.entries(BUILDS)) {
    const outfile = path.join(ROOT, 'dist', name);
    // The syntax of Chrome 94, Firefox 93 and Safari 16.4.
    const common = /** @type {const} */ ({ bundle: true, write: false, target: 'es2022', platform: 'neutral' });
    const { outputFiles } = await esbuild.build({ absWorkingDir: ROOT, outfile, ...common, ...options });
    const [{ text: bundled }] = /** @type {import('esbuild').OutputFile[]} */ (outputFiles);
    const text = options.minify ? await minifyAgain(bundled) : bundled;
    if (!fs.existsSync(outfile) || fs.readFileSync(outfile, 'utf8') !== text) fs.writeFileSync(outfile, text);
  }
}

if (require.main === module) {
  buildClient().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

module.exports = { buildClient, BUILDS, INTERNAL, TERSER };
