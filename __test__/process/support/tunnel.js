// @ts-check
'use strict';

const net = require('node:net');
const { once } = require('node:events');

/**
 * Forwards bytes between clients and a server until it is told to drop them. Then it looks to both ends as if the
 * network between them had failed without notice.
 */
class Tunnel {
  /** @type {Set<net.Socket>} */
  #sockets = new Set();
  #isSilent = false;
  #server;

  /** @param {number} target Port of the server. */
  constructor(target) {
    this.#server = net.createServer({ allowHalfOpen: true }, (inner) => {
      const outer = net.connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
      this.#join(inner, outer);
      this.#join(outer, inner);
    });
  }

  /** @returns {Promise<number>} The port that leads to the server. */
  async open() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return /** @type {net.AddressInfo} */ (this.#server.address()).port;
  }

  /**
   * @param {net.Socket} from
   * @param {net.Socket} to
   */
  #join(from, to) {
    this.#sockets.add(from);
    from.setNoDelay(true);
    /** @param {() => void} act */
    const unlessSilent = (act) => {
      if (!this.#isSilent) act();
    };
    from.on('data', (bytes) => unlessSilent(() => to.write(bytes)));
    from.on('end', () => unlessSilent(() => to.end()));
    from.on('error', () => unlessSilent(() => to.resetAndDestroy()));
  }

  /** From now on nothing is forwarded, not even the end of a connection. */
  silence() {
    this.#isSilent = true;
  }

  close() {
    this.#server.close();
    this.#sockets.forEach((socket) => socket.destroy());
  }
}

module.exports = { Tunnel };
