// @ts-check
'use strict';

const { RawClient } = require('../../helpers/raw-client');
const { until } = require('../../helpers/timing');

/** Requests of a client that wait for an answer at any time. */
const IN_FLIGHT = 16;

/**
 * A client that always has requests under way: every answer is followed by the next request.
 */
class Traffic {
  #client;
  #asked = 0;
  /** Answers so far. */
  answered = 0;
  #isOver = false;

  /**
   * @param {number} port
   * @param {string} name What it asks for, with a running number as payload.
   */
  static async open(port, name = 'ask') {
    const client = await RawClient.open({ port });
    await client.handshake();
    return new Traffic(client, name);
  }

  /**
   * @param {RawClient} client
   * @param {string} name
   */
  constructor(client, name) {
    this.#client = client;
    this.name = name;
    this.ended = client.ended;
    client.on('frame', (frame) => {
      // The end of the connection comes without a frame.
      if (frame === undefined || JSON.parse(frame.text).n !== '_r') return;
      client.frames.length = 0;
      this.answered += 1;
      if (!this.#isOver) this.#ask();
    });
    for (let i = 0; i < IN_FLIGHT; i++) this.#ask();
  }

  #ask() {
    this.#asked += 1;
    this.#client.json({ n: this.name, p: this.#asked, i: String(this.#asked) });
  }

  /**
   * Waits until answers arrive.
   * @param {number} count Answers that have to come from now on.
   */
  async flows(count = 200) {
    const goal = this.answered + count;
    await until(() => this.answered >= goal, `${count} answers`);
  }

  /** Sends no further requests, and waits for the outstanding answers. */
  async drain() {
    this.#isOver = true;
    await until(() => this.answered === this.#asked, 'all answers');
  }

  destroy() {
    this.#isOver = true;
    this.#client.destroy();
  }
}

module.exports = { Traffic };
