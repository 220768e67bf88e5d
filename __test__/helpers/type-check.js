// @ts-check
'use strict';

/** Checks types with the compiler of TypeScript as quickly as several programs in one process allow. */

const ts = require('typescript');

/** Files of the compiler itself and declarations of other packages, which never change. */
const FOREIGN = /[\\/]node_modules[\\/](?:typescript|@types|undici-types)[\\/]/;

/** Those that have been parsed, by options, which a parsed file depends on, and path. @type {Map<string, ts.SourceFile | undefined>} */
const parsed = new Map();

/**
 * @param {string[]} sources
 * @param {ts.CompilerOptions} options
 * @param {Record<string, string>} [texts] Files that are not on the disk.
 * @returns {ts.Program}
 */
function createProgram(sources, options, texts = {}) {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => Object.hasOwn(texts, name) || fileExists(name);
  host.getSourceFile = (name, version, ...rest) => {
    if (Object.hasOwn(texts, name)) return ts.createSourceFile(name, texts[name], version);
    if (!FOREIGN.test(name)) return getSourceFile(name, version, ...rest);
    const key = JSON.stringify([options, version, name]);
    if (!parsed.has(key)) parsed.set(key, getSourceFile(name, version, ...rest));
    return parsed.get(key);
  };
  return ts.createProgram(sources, options, host);
}

/**
 * What does not compile, of all files but foreign ones: checking those takes most of the time, and says nothing of ours.
 * @param {ts.Program} program
 * @returns {string[]}
 */
function problemsOf(program) {
  const own = program.getSourceFiles().filter(({ fileName }) => !FOREIGN.test(fileName));
  const problems = [
    ...program.getConfigFileParsingDiagnostics(),
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...own.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ];
  return problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

module.exports = { createProgram, problemsOf };
