// @ts-check
'use strict';

/**
 * Runs a server under mixed traffic for as long as told (`npm run soak -- --minutes 10`, with as many io
 * threads as `--io-threads` says, 2 by default), and tells how it fares, one line every ten seconds. The server is stopped and started again meanwhile; whenever it
 * has stopped, nothing of its clients may be left. Ends with code 1 when something went wrong.
 */

const path = require('node:path');
const { parseArgs } = require('node:util');
const { delay } = require('../helpers/timing');
const { Part } = require('../process/support/part');
const { DURATIONS } = require('./plan');

/** Time between two lines of figures, in ms. */
const LINE_INTERVAL = 10000;

/** Time between two stops of the server, in ms; the first is when it has warmed up. */
const STOP_INTERVAL = 20000;

/** Time that a visit may take beyond its shortest duration, in ms. */
const SPARE = 3000;

const MIB = 1024 * 1024;

/**
 * How much more memory than after the first stop there may be after any other, in bytes. Compared only when the server
 * has run for `STOP_INTERVAL` before the first stop: memory grows until it has.
 */
const GROWTH = 25 * MIB;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, 'io-threads': { type: 'string', default: '2' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');

/** @type {string[]} */
const faults = [];

/** @param {string} text */
function fault(text) {
  faults.push(text);
  console.log(`  FAULT ${text}`);
}

const server = new Part(path.join(__dirname, 'server.js'), fault, [String(values['io-threads'])], { execArgv: ['--expose-gc'] });
const peers = new Part(path.join(__dirname, 'peers.js'), fault);

const total = minutes * 60000;

/** Time until the first stop. */
const untilFirstStop = Math.min(STOP_INTERVAL, total / 3);

const isWarm = untilFirstStop === STOP_INTERVAL;

/** The longest time that the server runs without a stop. */
const longestRun = Math.max(untilFirstStop, Math.min(STOP_INTERVAL, total - untilFirstStop));

/** What was left after the first stop. @type {any} */
let first;
let stops = 0;

/** Stops the server, and checks that nothing is left of those who were there. */
async function stop() {
  await peers.tell('brace');
  const left = await server.tell('stop');
  stops += 1;
  for (const what of ['connections', 'rooms', 'pending', 'unended']) {
    if (left[what] !== 0) fault(`${left[what]} ${what} after stop ${stops}`);
  }
  first ??= left;
  for (const what of ['descriptors', 'threads']) {
    if (left[what] > first[what]) fault(`${left[what]} ${what} after stop ${stops}, ${first[what]} after the first`);
  }
  const grown = left.memory - first.memory;
  if (isWarm && grown > GROWTH) fault(`${(grown / MIB).toFixed(1)} MiB more after stop ${stops} than after the first`);
  return left;
}

async function start() {
  await peers.tell('come', await server.tell('start'));
}

/** @param {any} now @param {any} then @param {string} what */
const perSecond = (now, then, what) => Math.round(((now[what] ?? 0) - (then[what] ?? 0)) / (LINE_INTERVAL / 1000));

/** @param {number} bytes */
const mebibytes = (bytes) => (bytes / MIB).toFixed(1);

/** The server's figures before. @type {any} */
let previous = { cpu: { user: 0, system: 0 } };

/** @param {number} seconds Since the beginning. */
async function printLine(seconds) {
  const figures = await server.tell('figures');
  const cpu = (figures.cpu.user + figures.cpu.system - previous.cpu.user - previous.cpu.system) / 1e4;
  console.log(
    [
      `${String(seconds).padStart(4)} s`,
      `${figures.connections} connections`,
      `${perSecond(figures, previous, 'came')} handshakes/s`,
      `${perSecond(figures, previous, 'sent')} sends/s`,
      `${perSecond(figures, previous, 'invalid')} errors/s`,
      `${figures.codes[4206] ?? 0} slow, ${figures.codes[4201] ?? 0} silent`,
      `${stops} restarts`,
      `${figures.descriptors} descriptors`,
      `${mebibytes(figures.memory)} MiB`,
      `${Math.round(cpu / (LINE_INTERVAL / 1000))} % CPU`,
      `${faults.length} faults`,
    ].join(' | '),
  );
  previous = figures;
}

async function soak() {
  const begin = performance.now();
  const end = begin + total;
  let nextStop = begin + untilFirstStop;
  let nextLine = begin + LINE_INTERVAL;
  await start();
  while (performance.now() < end) {
    await delay(Math.max(0, Math.min(end, nextStop, nextLine) - performance.now()));
    if (performance.now() >= nextLine) {
      await printLine(Math.round((nextLine - begin) / 1000));
      nextLine += LINE_INTERVAL;
    }
    if (performance.now() >= nextStop && performance.now() < end) {
      await stop();
      await start();
      nextStop += STOP_INTERVAL;
    }
  }
  const left = await stop();
  const visits = await peers.tell('figures');
  const { codes, came } = await server.tell('figures');
  console.log(`visits: ${JSON.stringify(visits)}`);
  console.log(`ends by close code: ${JSON.stringify(codes)}`);
  console.log(
    `${came} handshakes, ${stops} stops; memory ${mebibytes(first.memory)} MiB after the first, ${mebibytes(left.memory)} MiB after the last`,
  );
  for (const [name, count] of Object.entries(visits)) {
    const shortest = /** @type {Record<string, number>} */ (DURATIONS)[name] ?? 0;
    if (count === 0 && shortest + SPARE < longestRun) fault(`no visit of ${name} came to its end`);
  }
}

soak()
  .catch((error) => fault(error.stack))
  .then(() => Promise.all([server.kill(), peers.kill()]))
  .then(() => {
    console.log(faults.length === 0 ? 'passed' : `failed: ${faults.length} faults`);
    process.exitCode = faults.length === 0 ? 0 : 1;
  });
