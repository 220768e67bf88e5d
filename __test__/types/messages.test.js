// @ts-check
'use strict';

/** What the compiler says of misspelt names: it lists those there are. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const ts = require('typescript');
const { createProgram, problemsOf } = require('../helpers/type-check');

const PROGRAM = `
type In = { join: { payload: number }; leave: {} };
type Out = { said: { payload: string }; left: {} };
declare const connection: import('../../index.js').ServerConnection<In, Out>;
connection.on('jion', () => {});
connection.send('sad', 'x');
connection.send('said', 5);
`;

it('misspelt names of messages and events are answered with those there are', () => {
  const file = path.join(__dirname, 'misspelt.cts');
  const options = { strict: true, module: ts.ModuleKind.Node16, target: ts.ScriptTarget.ES2022, types: ['node'], noEmit: true };
  const texts = problemsOf(createProgram([file], options, { [file]: PROGRAM }));
  assert.equal(texts.length, 3, texts.join('\n'));
  for (const name of ['join', 'leave', '_error', '_disconnected']) assert.ok(texts[0].includes(`"${name}"`), texts[0]);
  for (const name of ['said', 'left']) assert.ok(texts[1].includes(`"${name}"`), texts[1]);
  assert.match(texts[2], /'number' is not assignable to parameter of type 'string'/);
});
