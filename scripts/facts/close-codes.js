// @ts-check
'use strict';

const CODES = require('../../facts/close-codes.js');
const { GENERATED, code, rustDoc, sentence, table } = require('./text.js');

/** Reasons that say how much of something are written where they are used. */
const FIXED = CODES.filter(({ reason }) => reason !== undefined && !/\bN\b/.test(reason));

function javascript() {
  const lines = CODES.map(({ name, code: number }) => `const ${name} = ${number};\n`);
  const names = CODES.map(({ name }) => `  ${name},\n`);
  return `// @ts-check
'use strict';

/** The close codes of server and client. ${GENERATED} */

${lines.join('')}
module.exports = {
${names.join('')}};
`;
}

function reasons() {
  const lines = FIXED.map(({ name, reason }) => `  ${name}: '${reason}',\n`);
  return `// @ts-check
'use strict';

/** The reasons that the server gives with close codes. ${GENERATED} */
module.exports = Object.freeze({
${lines.join('')}});
`;
}

function rust() {
  const codes = CODES.filter(({ from }) => from !== 'client')
    .map(({ name, code: number, doc }) => `${rustDoc(sentence(doc))}pub const ${name}: u16 = ${number};\n`);
  const texts = FIXED.filter(({ from }) => from !== 'client')
    .map(({ name, reason }) => `/// With [\`super::${name}\`].\npub const ${name}: &str = "${reason}";\n`);
  return `//! The close codes of the server, and their reasons. ${GENERATED}

#![expect(dead_code, reason = "some are sent by JavaScript alone")]

${codes.join('')}
/// The reasons that are given with them.
pub mod reason {
${texts.join('')}}
`;
}

/** @type {() => import('../facts.js').Output[]} */
module.exports = () => [
  { file: 'common/close-codes.js', text: javascript() },
  { file: 'lib/close-reasons.js', text: reasons() },
  { file: 'crates/core/src/codec/close/codes.rs', text: rust() },
  {
    file: 'docs/reference/close-codes.md',
    region: 'close-codes',
    text: table(['code', 'from', 'reason', 'when'], CODES.map(({ code: number, from = '', reason, doc }) => [String(number), from, reason ? code(reason) : '', doc])),
  },
];
