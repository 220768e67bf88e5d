// @ts-check
'use strict';

/** The metrics of `examples/metrics`, as Prometheus reads them, and the alerts on them. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const Server = require('../..');
const { toPrometheus } = require('../../examples/metrics/prometheus.js');
const { install } = require('../cluster/support/python');
const { WITHOUT_REDIS } = require('../cluster/support/needs');
const { Redis } = require('../cluster/support/redis');
const { reservePort } = require('../helpers/ports');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

const ROOT = path.join(__dirname, '../..');
const SERVER = path.join(ROOT, 'examples/metrics/server.js');
const ALERTS = path.join(ROOT, 'docs/deploy/prometheus-alerts.yml');

/** Prints every sample that the parser of the Python client finds. */
const READER = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families as families
read = [(f.type, f.documentation, s.name, s.labels, s.value) for f in families(sys.stdin.read()) for s in f.samples]
json.dump(read, sys.stdout)
`;

/** Counters by where `getStats` has them; what is text is left out. @param {object} stats @returns {number[]} */
function numbersIn(stats) {
  return Object.values(stats).flatMap((value) => (typeof value === 'object' && value !== null ? numbersIn(value) : typeof value === 'number' ? [value] : []));
}

/** Stats in which each number is another. @param {any} stats @param {{next: number}} [from] @returns {any} */
function numbered(stats, from = { next: 1 }) {
  return Object.fromEntries(Object.entries(stats).map(([name, value]) => {
    if (typeof value === 'object' && value !== null) return [name, numbered(value, from)];
    return [name, typeof value === 'number' ? (from.next += 1) : value];
  }));
}

/** @param {string} text @returns {[type: string, help: string, name: string, labels: Record<string, string>, value: number][]} */
function read(text) {
  const { status, stdout, stderr } = spawnSync(install().python, ['-c', READER], { input: text, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** Debian's package `prometheus` has it; without it the check of the Python client is the only one. @param {string[]} args @param {string} [input] */
function promtool(args, input) {
  const { error, status, stdout, stderr } = spawnSync(process.env.PROMTOOL ?? 'promtool', args, { input, encoding: 'utf8' });
  if (error !== undefined) return;
  assert.equal(`${status}${stderr}`, '0', stdout + stderr);
}

/** @param {number} port */
const scrape = async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

describe('examples/metrics', { timeout: 120000 }, () => {
  it('has every number of getStats() once, and nothing of the adapter without one', { skip: WITHOUT_REDIS }, withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const { server } = await scene.listen({ adapter: { redis: redis.url } });
    await until(() => server.nodes.state === 'up', 'joined');
    const stats = numbered(server.getStats());
    const samples = read(toPrometheus(stats));
    const expected = [...numbersIn(stats), 1].map((number) => (number === stats.adapter.roundTrip.p50 || number === stats.adapter.roundTrip.p99 ? number / 1000 : number));
    const byNumber = (/** @type {number} */ a, /** @type {number} */ b) => a - b;
    assert.deepEqual(samples.map(([, , , , value]) => value).sort(byNumber), expected.sort(byNumber));
    const names = samples.map(([, , name, labels]) => name + JSON.stringify(labels));
    assert.deepEqual(new Set(names).size, names.length);
    for (const [type, help, name] of samples) {
      assert.match(name, /^line_socket_[a-z_]+$/);
      assert.match(help, /^\S.*\.$/, name);
      assert.equal(type === 'counter', name.endsWith('_total'), name);
    }
    promtool(['check', 'metrics'], toPrometheus(stats));

    const alone = read(toPrometheus({ ...stats, adapter: null }));
    assert.equal(alone.length, numbersIn({ ...stats, adapter: null }).length);
    assert.ok(!alone.some(([, , name]) => name.includes('adapter')));
  }));

  it('tells of an outage', { skip: WITHOUT_REDIS }, withScene(async (scene) => {
    const redis = await Redis.start(scene);
    const port = await reservePort();
    const server = scene.run(SERVER, [], { env: { PORT: String(port), REDIS: redis.url } });
    await server.line();
    await until(async () => (await scrape(port)).includes('\nline_socket_adapter_up 1\n'), 'joined');
    assert.match(await scrape(port), /\nline_socket_adapter_nodes 1\n/);
    await redis.kill();
    await until(async () => (await scrape(port)).includes('\nline_socket_adapter_up 0\n'), 'down');
    await redis.start();
    await until(async () => /\nline_socket_adapter_reconnects_total [1-9]/.test(await scrape(port)), 'joined again');
    server.signal('SIGTERM');
    assert.deepEqual(await server.exited(), { code: 0, signal: null, stderr: '' });
  }));

  it('the alerts name metrics that there are, and the guide has all of both', withScene(async () => {
    const server = new Server({ port: 0 });
    const adapter = { state: 'up', roundTrip: {}, recoveries: {} };
    const text = toPrometheus(/** @type {any} */ ({ ...server.getStats(), adapter }));
    const known = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const alerts = fs.readFileSync(ALERTS, 'utf8');
    const used = [...alerts.matchAll(/\bline_socket_\w+/g)].map(([name]) => name);
    assert.ok(used.length >= 12);
    assert.deepEqual(used.filter((name) => !known.includes(name)), []);
    promtool(['check', 'rules', ALERTS]);
    const guide = fs.readFileSync(path.join(ROOT, 'docs/guides/metrics.md'), 'utf8');
    for (const name of known) assert.ok(guide.includes(`\`${name.replace('line_socket_', '')}\``), name);
    const names = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name);
    for (const name of names) assert.ok(guide.includes(`\`${name}\``), name);
  }));
});
