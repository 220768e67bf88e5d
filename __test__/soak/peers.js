// @ts-check
'use strict';

/**
 * The clients of a soak, in a process of their own with a channel to its parent: each visits again and
 * again (`behaviours.js`). The parent commands `come`, with the port; `brace`, before the server stops,
 * which ends every connection; and `figures`. What a client sees that it must not is reported as a
 * `fault`.
 */

const { POPULATION } = require('./behaviours');
const { delay } = require('../helpers/timing');

/** Counts the server's starts: what goes wrong in a visit begun before a stop is no fault. */
let era = 0;
let port = 0;
let isBraced = true;

/** Visits by behaviour. @type {Record<string, number>} */
const visits = {};

/** @param {Record<string, unknown>} message */
const tell = (message) => process.send?.(message);

process.on('uncaughtException', (error) => tell({ fault: `client: ${error.stack}` }));

/** @param {typeof POPULATION[number][0]} behave */
async function visitAgainAndAgain(behave) {
  visits[behave.name] = 0;
  for (;;) {
    while (isBraced) await delay(20);
    const began = era;
    const isOver = () => isBraced || era !== began;
    try {
      await behave(port, isOver);
      visits[behave.name] += 1;
    } catch (error) {
      if (!isOver()) tell({ fault: `${behave.name}: ${/** @type {Error} */ (error).stack}` });
      // Not the next one at once.
      await delay(100);
    }
  }
}

for (const [behave, clients] of POPULATION) {
  for (let i = 0; i < clients; i++) visitAgainAndAgain(behave);
}

/** @type {Record<string, (argument: any) => unknown>} */
const commands = {
  come: (to) => {
    port = to;
    era += 1;
    isBraced = false;
  },
  brace: () => {
    isBraced = true;
  },
  figures: () => visits,
};

process.on('message', (/** @type {{command: string, argument: any}} */ { command, argument }) => {
  tell({ done: command, result: commands[command](argument) });
});

// Alone it has nothing to do.
process.on('disconnect', () => process.exit());
