// @ts-check
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const { chromium } = require('playwright-core');

/** Where Debian, Ubuntu, Fedora and macOS put it. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Starts a browser without a window.
 * @returns {Promise<import('playwright-core').Browser>}
 */
function launch() {
  const executablePath = process.env.CHROMIUM || PLACES.find((file) => fs.existsSync(file));
  if (executablePath === undefined) {
    throw new Error(
      'No Chromium was found: install it (Debian: apt-get install chromium), or name it in the environment ' +
        'variable CHROMIUM',
    );
  }
  // Without a sandbox: tests often run as root, where Chromium has none.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A way through to a port that can be closed and opened: the network between a page and its server. */
class Cable {
  /** @type {Set<net.Socket>} */
  #sockets = new Set();
  #server = net.createServer((near) => this.#join(near));
  #plugged = true;

  /** @param {number} target Port on the loopback interface. */
  constructor(target) {
    this.target = target;
  }

  /** Listens on a free port. @returns {Promise<number>} */
  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(undefined)));
    return /** @type {net.AddressInfo} */ (this.#server.address()).port;
  }

  /** @param {net.Socket} near */
  #join(near) {
    if (!this.#plugged) {
      near.destroy();
      return;
    }
    const far = net.connect(this.target, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }

  unplug() {
    this.#plugged = false;
    this.#sockets.forEach((socket) => socket.destroy());
  }

  plug() {
    this.#plugged = true;
  }

  stop() {
    this.unplug();
    this.#server.close();
  }
}

module.exports = { launch, Cable };
