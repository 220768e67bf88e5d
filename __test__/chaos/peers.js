// @ts-check
'use strict';

/**
 * The honest clients of the chaos, in a process of their own with a channel to its parent: each visits again
 * and again (`behaviours.js`). The parent commands `come` with a round's plan and the server's port; `brace`
 * before the server ends, from when on any connection may end; and `leave` after it, when every visit has to
 * come to its end. What a client sees that it must not is reported as a `fault`.
 */

const { delay, until } = require('../helpers/timing');
const { POPULATION } = require('./behaviours');
const { ANSWER_TIME, Random } = require('./plan');
const { Link } = require('./proxy');

/** Time for visits to end once the server has ended, in ms. */
const LEAVING = 10000;

/** @param {Record<string, unknown>} message */
const tell = (message) => process.send?.(message);

/** @param {string} text */
const fault = (text) => tell({ fault: `clients: ${text}` });

process.on('uncaughtException', (error) => fault(`uncaught: ${error.stack}`));
process.on('unhandledRejection', (/** @type {any} */ error) => fault(`unhandled: ${error?.stack ?? error}`));

/** One round. */
class Round {
  isOver = false;
  /** Visits that go on, by key. @type {Map<string, string>} */
  #going = new Map();
  /** What the server must have counted of visits that nothing has disturbed. @type {Record<string, object>} */
  accounts = {};
  count = { visits: 0, answers: 0, heard: 0, pages: 0, cuts: 0 };

  /** @param {{plan: import('./plan').Plan, port: number}} argument */
  constructor({ plan, port }) {
    this.plan = plan;
    this.port = port;
    const random = new Random(plan.seed);
    for (const [behave, clients] of POPULATION) {
      for (let index = 0; index < clients; index++) this.#visitAgainAndAgain(behave, index, random.fork());
    }
  }

  /**
   * @param {(visit: import('./behaviours').Visit) => Promise<void>} behave
   * @param {number} index
   * @param {Random} random
   */
  async #visitAgainAndAgain(behave, index, random) {
    const { plan } = this;
    for (let number = 0; !this.isOver; number++) {
      const key = `${behave.name} ${index} ${number}`;
      const link = new Link(this.port, plan.network, random.fork());
      this.#going.set(key, behave.name);
      try {
        await behave({
          plan, link, key, random, count: this.count, target: this.port,
          port: await link.open(),
          isOver: () => this.isOver,
          fault: (text) => fault(`${key}: ${text}`),
          settle: (account) => (this.accounts[key] = { ...account }),
        });
        this.count.visits += 1;
      } catch (error) {
        if (link.cuts === 0 && !this.isOver) fault(`${key}: ${/** @type {Error} */ (error).stack}`);
        // Not the next one at once.
        await delay(20);
      }
      this.count.cuts += link.cuts;
      link.close();
      this.#going.delete(key);
    }
  }

  /** The server has ended: every visit does. */
  async leave() {
    await until(() => this.#going.size === 0, 'all gone', LEAVING).catch(() => {
      fault(`${LEAVING} ms after the end of the server these go on: ${[...this.#going.keys()].join(', ')}`);
    });
    return { count: this.count, accounts: this.accounts };
  }
}

/** @type {Round} */
let round;

/** @type {Record<string, (argument: any) => unknown>} */
const commands = {
  come: (argument) => {
    round = new Round(argument);
  },
  brace: () => {
    round.isOver = true;
  },
  leave: () => round.leave(),
};

process.on('message', async (/** @type {{command: string, argument: any}} */ { command, argument }) => {
  tell({ done: command, result: await commands[command](argument) });
});

// After a round nothing keeps it alive; amid one its parent is gone, and then the server.
process.on('disconnect', () => setTimeout(() => process.exit(1), ANSWER_TIME).unref());
