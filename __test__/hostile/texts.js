// @ts-check
'use strict';

/** Bad texts: what is no JSON, and JSON that is no message. Each must be reported as scInvalidJson. */

/** @typedef {[name: string, text: string]} NamedText */

const nest = (/** @type {number} */ depth, /** @type {string} */ open, /** @type {string} */ close) =>
  `{"n":"echo","i":"1","p":${open.repeat(depth)}1${close.repeat(depth)}}`;

/** @type {NamedText[]} */
const NO_JSON = [
  ['nothing', ''],
  ['white space', ' \t\r\n'],
  ['a word', 'hello'],
  ['a NUL', '\0'],
  ['a byte order mark before a message', '\ufeff{"n":"echo"}'],
  ['a no-break space before a message', '\u00a0{"n":"echo"}'],
  ['a form feed before a message', '\f{"n":"echo"}'],
  ['an open brace', '{'],
  ['a closing brace', '}'],
  ['an open bracket', '['],
  ['a quote', '"'],
  ['a key only', '{"n"'],
  ['a key and a colon', '{"n":'],
  ['no closing brace', '{"n":"echo"'],
  ['an open string', '{"n":"echo'],
  ['one brace too many', '{"n":"echo"}}'],
  ['two messages', '{"n":"echo"}{"n":"echo"}'],
  ['two messages on two lines', '{"n":"echo"}\n{"n":"echo"}'],
  ['a trailing NUL', '{"n":"echo"}\0'],
  ['a trailing comma', '{"n":"echo",}'],
  ['a leading comma', '{,"n":"echo"}'],
  ['two commas', '{"n":"echo",,"p":1}'],
  ['no comma', '{"n":"echo" "p":1}'],
  ['no colon', '{"n" "echo"}'],
  ['two colons', '{"n"::"echo"}'],
  ['an equals sign', '{"n"="echo"}'],
  ['a key without quotes', '{n:"echo"}'],
  ['single quotes', "{'n':'echo'}"],
  ['a number as key', '{1:"echo"}'],
  ['null as key', '{null:"echo"}'],
  ['a comment', '{"n":"echo"/* c */}'],
  ['a line comment', '{"n":"echo"} // c'],
  ['a newline in a string', '{"n":"ec\nho"}'],
  ['a tab in a string', '{"n":"ec\tho"}'],
  ['a NUL in a string', '{"n":"ec\0ho"}'],
  ['a control character in the payload', '{"n":"echo","p":"\u001f"}'],
  ['an unknown escape', '{"n":"ec\\xho"}'],
  ['an escaped single quote', '{"n":"ec\\\'ho"}'],
  ['a short unicode escape', '{"n":"\\u12"}'],
  ['a unicode escape that is no number', '{"n":"\\u12g4"}'],
  ['a lone backslash', '{"n":"\\"}'],
  ['a leading zero', '{"n":"echo","p":01}'],
  ['a plus sign', '{"n":"echo","p":+1}'],
  ['a lone minus', '{"n":"echo","p":-}'],
  ['a point without digits', '{"n":"echo","p":1.}'],
  ['a point before digits', '{"n":"echo","p":.5}'],
  ['an exponent without digits', '{"n":"echo","p":1e}'],
  ['a hexadecimal number', '{"n":"echo","p":0x10}'],
  ['NaN', '{"n":"echo","p":NaN}'],
  ['Infinity', '{"n":"echo","p":-Infinity}'],
  ['undefined', '{"n":"echo","p":undefined}'],
  ['True', '{"n":"echo","p":True}'],
  ['half of null', '{"n":"echo","p":nul}'],
  ['nullx', '{"n":"echo","p":nullx}'],
  ['no value', '{"n":"echo","p":}'],
  ['a hole in an array', '{"n":"echo","p":[1,,2]}'],
  ['a trailing comma in an array', '{"n":"echo","p":[1,]}'],
  ['an array closed by a brace', '{"n":"echo","p":[1}}'],
  ['an object closed by a bracket', '{"n":"echo","p":{"a":1]}'],
  ['a nested open array', '{"n":"echo","p":[[[}'],
  ['XML', '<message name="echo"/>'],
  ['an HTTP request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a megabyte of spaces less a bit', ' '.repeat((1 << 20) - 8)],
  ['a hundred kilobytes of open brackets', '['.repeat(100_000)],
  ['a hundred kilobytes of open objects', '{"n":'.repeat(20_000)]
];

/** JSON, but not an object with a string in `n`. @type {NamedText[]} */
const NO_MESSAGE = [
  ...['null', 'true', 'false', '0', '-1', '1e999', '""', '"echo"', '[]', '["echo"]', '[{"n":"echo"}]', '[null]'].map(
    (text) => /** @type {NamedText} */ ([`the value ${text}`, text])
  ),
  ['an empty object', '{}'],
  ['an object without n', '{"p":1,"i":"1"}'],
  ['capital N', '{"N":"echo"}'],
  ['n inside p only', '{"p":{"n":"echo"}}'],
  ['n inside __proto__', '{"__proto__":{"n":"echo"}}'],
  ['a second n that is no string', '{"n":"echo","n":5}'],
  ...['null', 'true', 'false', '0', '5', '-0', '1e999', '[]', '{}', '["echo"]', '[[]]', '{"toString":"echo"}'].map(
    (text) => /** @type {NamedText} */ ([`n is ${text}`, `{"n":${text}}`])
  ),
  ...['null', '5', '[]', '{"toString":null}', '["_h"]', '["echo"]'].map(
    (text) => /** @type {NamedText} */ ([`n is ${text}, with an id`, `{"n":${text},"i":"1","p":1}`])
  )
];

/** Messages whose `i` is neither string nor number. @type {NamedText[]} */
const BAD_ID = ['echo', '_h', '_p', '_r', 'nobody'].flatMap((name) =>
  ['null', 'true', 'false', '[]', '{}', '["1"]', '{"toString":1}'].map(
    (id) => /** @type {NamedText} */ ([`the id of ${name} is ${id}`, `{"n":"${name}","i":${id}}`])
  )
);

/** Nested deeper than 1000 levels: valid JSON that overflows the stack of whoever recurses. @type {NamedText[]} */
const TOO_DEEP = [
  ['arrays nested 1001 deep', nest(1001, '[', ']')],
  ['objects nested 1001 deep', nest(1001, '{"a":', '}')],
  ['arrays nested 100000 deep', nest(100_000, '[', ']')],
  ['objects nested 100000 deep', nest(100_000, '{"a":', '}')],
  ['arrays nested 100000 deep in e', `{"n":"_r","i":"1","e":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['arrays nested 100000 deep in an unknown key', `{"n":"echo","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`]
];

module.exports = { INVALID: [...NO_JSON, ...NO_MESSAGE, ...BAD_ID, ...TOO_DEEP], nest };
