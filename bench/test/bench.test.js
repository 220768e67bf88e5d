// @ts-check
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { charts } = require('../lib/chart');
const { cases } = require('../lib/cases');
const { parse, UsageError } = require('../lib/options');
const { peers } = require('../lib/peers');
const results = require('../lib/results');
const { markdown, short } = require('../lib/table');

/** Figures of a round in which everything costs `cpu` µs. */
const round = (cpu) => ({ rate: 1e6 / cpu, cpu_us: cpu, js_us: cpu / 2, p50_us: 100, p99_us: 200, load_busy: 0.5 });

/** Results of one case on two peers, one of which failed in a round. */
function sample() {
  const options = parse(['--cases', 'echo-64', '--peers', 'original,ws']);
  const found = results.begin(options);
  for (const cpu of [30, 20, 70]) results.add(found, 'echo-64', 'original', round(cpu));
  results.add(found, 'echo-64', 'ws', round(10));
  results.add(found, 'echo-64', 'ws', new Error('gone'));
  return found;
}

test('a result is the median of its rounds, and none when a round failed', () => {
  const { original, ws } = sample().cases[0].cells;
  assert.equal(original.median?.cpu_us, 30);
  assert.equal(original.median?.js_us, 15);
  assert.equal(ws.median, undefined);
  assert.equal(ws.error, 'gone');
});

test('an even number of rounds has the mean of the middle ones', () => {
  const found = results.begin(parse(['--cases', 'echo-64', '--peers', 'ws']));
  for (const cpu of [40, 10, 20, 30]) results.add(found, 'echo-64', 'ws', round(cpu));
  assert.equal(found.cases[0].cells.ws.median?.cpu_us, 25);
});

test('the tables show figures and failures', () => {
  const text = markdown(sample());
  assert.match(text, /\| line-socket \| 33,333 \| 30\.0 \| 15\.0 \| 100 \| 200 \|/);
  assert.match(text, /\| ws by hand \| failed \| – \| – \| – \| – \|/);
});

test('the goals are ratios of medians, with those of the rounds; in bold what is missed', () => {
  const found = results.begin(parse(['--cases', 'echo-64,single', '--peers', 'ours,uws,ws']));
  for (const [ours, uws] of [[12, 8], [10, 10], [8, 16]]) {
    results.add(found, 'echo-64', 'ours', { ...round(ours), js_us: 8 });
    results.add(found, 'echo-64', 'uws', round(uws));
  }
  const part = markdown(found).split('## Goals')[1];
  assert.match(part, /\| the same \| uWebSockets\.js by hand \| 1\.00 \| 1\.00 \| 0\.50 to 1\.50 \|/);
  assert.match(part, /\| the same: JavaScript thread \| .* \| 0\.60 \| \*\*1\.60\*\* \| 1\.00 to 2\.00 \|/);
  assert.doesNotMatch(part, /one connection/, 'not measured');
  assert.doesNotMatch(markdown(sample()), /## Goals/);
  assert.doesNotMatch(markdown({ ...found, quick: true }), /## Goals/, 'too rough');
});

test('a chart has a bar for each peer that has a result', () => {
  const drawn = charts(sample());
  assert.deepEqual(drawn.map(({ key }) => key), ['requests']);
  assert.match(drawn[0].svg, />line-socket<\/text>/);
  assert.doesNotMatch(drawn[0].svg, />ws by hand<\/text>/);
});

test('numbers keep about three digits', () => {
  assert.deepEqual([0.876, 24.24, 892.4, 11400].map(short), ['0.88', '24.2', '892', '11,400']);
});

test('only a full run replaces the published results', () => {
  const full = parse([]);
  assert.ok(full.out?.endsWith('results'));
  assert.deepEqual([full.rounds, full.cases.length, full.peers.length], [3, cases.length, peers.length]);
  assert.equal(parse(['--quick']).out, undefined);
  assert.equal(parse(['--cases', 'idle']).out, undefined);
  assert.equal(parse(['--no-write']).out, undefined);
  assert.equal(parse(['--quick', '--out', 'x']).out, 'x');
});

test('a command line without sense is refused', () => {
  for (const args of [['--fast'], ['--cases', 'nothing'], ['--peers', 'nobody'], ['--rounds', '0']]) {
    assert.throws(() => parse(args), UsageError);
  }
});

test('only very many connections keep a peer from taking turns with others', () => {
  assert.deepEqual(cases.filter(({ alone }) => alone).map(({ key }) => key), ['idle', 'growth-10000', 'growth-19000']);
});
