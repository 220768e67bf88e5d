// @ts-check
'use strict';

/** Runs the blocks of code in documents, as an application that has installed this package would. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const ts = require('typescript');
const { createProgram, problemsOf } = require('./type-check');

const ROOT = path.join(__dirname, '../..');

/** The port every example listens on, as readers expect. */
const PORT = /\b3000\b/g;

/**
 * The fenced blocks of one language, each under its heading; those after the first are numbered.
 * @param {string} text Markdown.
 * @param {string} language
 */
function blocks(text, language) {
  const pattern = /^#+ (?<heading>.*)$|^```(?<fence>\w*)\n(?<code>[\s\S]*?)^```$/gm;
  let heading = '';
  let count = 0;
  return [...text.matchAll(pattern)].flatMap(({ groups }) => {
    if (groups?.heading !== undefined) [heading, count] = [groups.heading, 0];
    if (groups?.fence !== language) return [];
    count += 1;
    return [{ heading: count === 1 ? heading : `${heading}, ${count}`, code: groups.code }];
  });
}

/** @returns {string} A new folder in which an application has installed this package under both of its names. */
function applicationFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-examples-'));
  fs.mkdirSync(path.join(folder, 'node_modules'));
  for (const name of ['line-socket', 'line-socket-native']) {
    fs.symlinkSync(ROOT, path.join(folder, 'node_modules', name), 'junction');
  }
  return folder;
}

/**
 * Compiles TypeScript; its types have to be right.
 * @param {string[]} sources
 * @param {ts.CompilerOptions} [options] Beside, or instead of, those for modules of Node.
 */
function compile(sources, options = {}) {
  const program = createProgram(sources, {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    types: ['node'],
    typeRoots: [path.join(ROOT, 'node_modules/@types')],
    ...options,
  });
  assert.deepEqual(problemsOf(program), []);
  // One by one: without a file, the compiler first checks all files, foreign declarations too, which takes most of the time.
  for (const source of sources) program.emit(program.getSourceFile(source));
}

/**
 * Writes an example to a file that Node can run; one in TypeScript has its types checked first.
 * @param {string} folder
 * @param {string} language
 * @param {string} code
 * @param {{types?: boolean}} [options] `types: false` for one whose types another test checks.
 * @returns {string} The file.
 */
function toJavaScript(folder, language, code, { types = true } = {}) {
  if (language !== 'ts') {
    const file = path.join(folder, `example.${language === 'js' ? 'cjs' : language}`);
    fs.writeFileSync(file, code);
    return file;
  }
  const source = path.join(folder, 'example.mts');
  fs.writeFileSync(source, code);
  if (types) {
    compile([source]);
  } else {
    const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 } });
    fs.writeFileSync(path.join(folder, 'example.mjs'), outputText);
  }
  return path.join(folder, 'example.mjs');
}

module.exports = { PORT, applicationFolder, blocks, compile, toJavaScript };
