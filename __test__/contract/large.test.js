// @ts-check
'use strict';

/**
 * Messages of some size: their payload's JSON may be checked elsewhere than that of short ones, and
 * nobody may notice. Contract sections 1 and 4.
 */

const { createHash } = require('node:crypto');
const { contract } = require('../helpers/contract');

/** Enough to be large, whatever stands beside it. */
const FILLER = 'x'.repeat(6000);

const NESTED = (/** @type {number} */ levels) => '['.repeat(levels) + `"${FILLER}"` + ']'.repeat(levels);

/** @param {string} text */
function digest(text) {
  return `${text.length} ${createHash('sha1').update(text).digest('hex')}`;
}

/**
 * Sends texts to a connection that listens for `ask` and answers with the payload, each followed by a
 * short message; tells what listeners saw and what was answered, long texts as digests.
 * @param {import('../helpers/context').Context} context
 * @param {string[]} texts
 */
async function exchange(context, texts) {
  const { client, connection } = await context.pair();
  /** @type {unknown[]} */
  const log = [];
  connection.on('ask', (/** @type {any} */ message) => {
    log.push(['ask', message.id, message.payload === undefined ? undefined : digest(JSON.stringify(message.payload))]);
    if (message.id !== undefined) message.resolve(message.payload);
  });
  connection.on('short', (/** @type {any} */ message) => log.push(['short', message.payload]));
  connection.on('_error', (/** @type {any} */ error) => log.push([error.code, digest(error.payload)]));
  texts.forEach((text, index) => {
    client.text(text);
    client.json({ n: 'short', p: index });
  });
  await client.fence();
  const answers = client.frames.slice(1).map(({ text }) => text).filter((text) => !text.includes('"fence'));
  return { log, answers: answers.map(digest) };
}

/**
 * What {@link exchange} must tell of texts in the order n, p, i that are valid.
 * @param {string[]} texts
 */
function delivered(texts) {
  const messages = texts.map((text) => JSON.parse(text));
  const log = messages.flatMap(({ p, i }, index) => [
    ['ask', i, p === undefined ? undefined : digest(JSON.stringify(p))],
    ['short', index]
  ]);
  const answered = messages.filter(({ i }) => i !== undefined);
  return { log, answers: answered.map(({ p, i }) => digest(JSON.stringify({ n: '_r', p, i, e: null }))) };
}

/** @param {string[]} texts */
function refused(texts) {
  return { log: texts.flatMap((text, index) => [['scInvalidJson', digest(text)], ['short', index]]), answers: [] };
}

const PAYLOADS = [
  JSON.stringify(FILLER),
  JSON.stringify({ a: FILLER, b: [1, 2.5, null, true, { c: '"i":"1"}' }] }),
  JSON.stringify(`${FILLER}"\\","i":"7"}`),
  JSON.stringify(`${FILLER}\\\\`),
  JSON.stringify({ text: `\u4f60\u597d \u{1f600} \u00e9${FILLER}` }),
  JSON.stringify(Array.from({ length: 900 }, (_, id) => ({ id, name: `n${id}`, tags: ['[', '{', '\\"'] }))),
  ` \t\n[ 1 , "${FILLER}" ] `,
  NESTED(900),
  `{"__proto__":{"polluted":true},"constructor":"${FILLER}"}`,
  `${'1'.repeat(3000)}e-2980`
];

const valid = PAYLOADS.flatMap((payload) => [
  `{"n":"ask","p":${payload},"i":"a1"}`,
  `{"n":"ask","p":${payload}}`
]);

const otherwise = [
  `{"p":"${FILLER}","n":"ask","i":"1"}`,
  `{"n":"ask","i":"2","p":"${FILLER}"}`,
  `{"i":"3","n":"ask","p":["${FILLER}"]}`,
  `{"n":"ask","p":"${FILLER}","x":"unknown","i":"4"}`,
  `{"n":"ask","p":1,"p":"${FILLER}","i":"5"}`,
  `{"n":"other","p":"${FILLER}","n":"ask","i":"6"}`,
  `{"n":"ask","p":"${FILLER}","i":"7","i":"8"}`,
  `{"n":"ask","p":"${FILLER}","i":"\\u0039"}`,
  `{"n":"ask","p":"${FILLER}","i":"${FILLER}"}`,
  `{"n": "ask", "p": "${FILLER}", "i": "10"}`,
  `{"n":"a\\u0073k","p":"${FILLER}","i":"11"}`
];

const invalid = [
  `{"n":"ask","p":"${FILLER}`,
  `{"n":"ask","p":"${FILLER}","i":"1"`,
  `{"n":"ask","p":["${FILLER}"},"i":"1"}`,
  `{"n":"ask","p":["${FILLER}",],"i":"1"}`,
  `{"n":"ask","p":,"x":"${FILLER}","i":"1"}`,
  `{"n":"ask","p":"${FILLER}" 1,"i":"1"}`,
  `{"n":"ask","p":"${FILLER}\n","i":"1"}`,
  `{"n":"ask","p":"${FILLER}\\x","i":"1"}`,
  `{"n":"ask","p":"${FILLER}",,"i":"1"}`,
  `{"n":"ask","p":"${FILLER}"},"i":"1"}`,
  `{"n":"ask","p":{"a":"${FILLER}"}}}`,
  `{"n":"ask","p":undefined,"q":"${FILLER}"}`
];

contract('large messages', [
  { name: 'every kind of payload', run: (context) => exchange(context, valid), expected: delivered(valid) },
  {
    name: 'keys in another order, more than once, unknown, escaped, with whitespace',
    run: (context) => exchange(context, otherwise),
    expected: delivered(otherwise)
  },
  { name: 'what is no JSON is reported with its text', run: (context) => exchange(context, invalid), expected: refused(invalid) },
  {
    name: 'nested deeper than 1000 levels',
    run: (context) => exchange(context, [`{"n":"ask","p":${NESTED(1000)},"i":"1"}`]),
    original: delivered([`{"n":"ask","p":${NESTED(1000)},"i":"1"}`]),
    ours: refused([`{"n":"ask","p":${NESTED(1000)},"i":"1"}`])
  },
  {
    name: 'a name that comes again as a reserved one',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {unknown[]} */
      const log = [];
      for (const name of ['ask', '_private']) connection.on(name, () => log.push(name));
      const pending = connection.send('question').then((/** @type {unknown} */ answer) => log.push(digest(JSON.stringify(answer))));
      const { message: question } = await client.message();
      client.text(`{"n":"ask","p":"${FILLER}","n":"_private","i":"1"}`);
      client.text(`{"n":"ask","p":"${FILLER}","n":"_p","i":"2"}`);
      client.text(`{"n":"ask","p":"${FILLER}","n":"_r","i":"${question.i}"}`);
      await pending;
      await client.fence();
      const answers = client.frames.map(({ text }) => JSON.parse(text)).filter(({ n, i }) => n === '_r' && i?.length === 1);
      return { log, answers: answers.map(({ i, p, e }) => [i, p, typeof e?.message]) };
    },
    original: {
      log: ['_private', digest(JSON.stringify(FILLER))],
      answers: [['2', 'pong', 'undefined']]
    },
    ours: {
      log: [digest(JSON.stringify(FILLER))],
      answers: [['1', undefined, 'string'], ['2', 'pong', 'undefined']]
    }
  },
  {
    name: 'a numeric id comes back as a number',
    run: (context) => exchange(context, [`{"n":"ask","p":"${FILLER}","i":17}`]),
    expected: delivered([`{"n":"ask","p":"${FILLER}","i":17}`])
  }
]);
