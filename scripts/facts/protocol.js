// @ts-check
'use strict';

/** Rules and texts that Rust and JavaScript both have to follow, in both. */

const { reservedNames: { begin, ordinary }, unavailable, refusalSeconds } = require('../../facts/protocol.js');

/** A pattern of Rust: one letter is a `char`. @param {string} text */
const pattern = (text) => (text.length === 1 ? `'${text}'` : `"${text}"`);

const RESERVED = [
  `Whether a name is reserved: it begins with \`${begin}\`. Peers must not emit the library's own events, which do.`,
  `Names that begin and end with \`${ordinary}\`, such as \`__proto__\`, are ordinary (contract section 4).`,
];

const UNAVAILABLE = 'The header lines of status 503, beside those of every refusal.';

const REFUSAL_TIME = 'Time a refused peer has to read its answer and to close';

/** @type {() => import('../facts.js').Output[]} */
module.exports = () => [
  {
    file: 'crates/core/src/hub/routing.rs',
    region: 'reserved-names',
    text: `${RESERVED.map((line) => `/// ${line}\n`).join('')}pub fn is_reserved(name: &str) -> bool {
    name.starts_with(${pattern(begin)}) && !(name.starts_with(${pattern(ordinary)}) && name.ends_with(${pattern(ordinary)}))
}
`,
  },
  {
    file: 'client/envelope.js',
    region: 'reserved-names',
    text: `/**
${RESERVED.map((line) => ` * ${line}\n`).join('')} * @param {string} name
 */
const isReserved = (name) => name.startsWith('${begin}') && !(name.startsWith('${ordinary}') && name.endsWith('${ordinary}'));
`,
  },
  {
    file: 'crates/core/src/upgrade/refusal.rs',
    region: 'unavailable',
    text: `/// ${UNAVAILABLE}
const UNAVAILABLE: [&str; 2] = ["${unavailable.contentType}\\r\\n", "${unavailable.retryAfter}\\r\\n"];
`,
  },
  {
    file: 'lib/upgrade/refusal.js',
    region: 'unavailable',
    text: `/** ${UNAVAILABLE} */
const UNAVAILABLE = Object.freeze({ contentType: '${unavailable.contentType}', retryAfter: '${unavailable.retryAfter}' });
`,
  },
  {
    file: 'crates/core/src/transport/opening.rs',
    region: 'refusal-time',
    text: `/// ${REFUSAL_TIME}.\nconst REFUSAL_TIME: Duration = Duration::from_secs(${refusalSeconds});\n`,
  },
  {
    file: 'lib/upgrade/refusal.js',
    region: 'refusal-time',
    text: `/** ${REFUSAL_TIME}, in ms. */\nconst REFUSAL_TIME = ${refusalSeconds * 1000};\n`,
  },
];
