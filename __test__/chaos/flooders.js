// @ts-check
'use strict';

/**
 * The flooders of the chaos, in a process of their own with a channel to its parent, which commands `come`
 * with a round's plan and the server's port, and `leave`.
 */

const os = require('node:os');
const { delay } = require('../helpers/timing');
const { VISITS } = require('./floods');
const { Random } = require('./plan');

/** Time between two visits of a flooder, in ms. */
const REST = 5;

// The server's threads and honest clients come first, where cores are few.
os.setPriority(os.constants.priority.PRIORITY_LOW);

/** @param {Record<string, unknown>} message */
const tell = (message) => process.send?.(message);

process.on('uncaughtException', (error) => tell({ fault: `flooders: uncaught: ${error.stack}` }));
process.on('unhandledRejection', (/** @type {any} */ error) => tell({ fault: `flooders: unhandled: ${error?.stack ?? error}` }));

class Siege {
  #isOver = false;
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  count = { visits: 0, bytes: 0 };

  /** @param {{plan: import('./plan').Plan, port: number}} argument */
  constructor({ plan, port }) {
    // Not the numbers that honest clients get.
    const random = new Random(~plan.seed);
    for (const { kind, clients } of plan.floods) {
      for (let left = clients; left > 0; left--) {
        this.#again(kind, {
          plan,
          port,
          random: random.fork(),
          keep: (socket) => this.#keep(socket),
          sent: (bytes) => (this.count.bytes += bytes),
        });
      }
    }
  }

  /** @param {import('node:net').Socket} socket */
  #keep(socket) {
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    this.#sockets.add(socket);
    if (this.#isOver) socket.destroy();
    return socket;
  }

  /**
   * @param {string} kind
   * @param {import('./floods').Flooder} flooder
   */
  async #again(kind, flooder) {
    while (!this.#isOver) {
      // Whatever becomes of it, the server is what is looked at.
      await VISITS[kind](flooder).catch(() => {});
      this.count.visits += 1;
      await delay(REST);
    }
  }

  leave() {
    this.#isOver = true;
    this.#sockets.forEach((socket) => socket.destroy());
    return this.count;
  }
}

/** @type {Siege} */
let siege;

/** @type {Record<string, (argument: any) => unknown>} */
const commands = {
  come: (argument) => {
    siege = new Siege(argument);
  },
  leave: () => siege.leave(),
};

process.on('message', (/** @type {{command: string, argument: any}} */ { command, argument }) => {
  tell({ done: command, result: commands[command](argument) });
});

process.on('disconnect', () => process.exit());
