// @ts-check
'use strict';

/** What the tests of the client's own features share: they run with every build of ours. */

const { describe, it } = require('node:test');
const { clients } = require('../helpers/clients');
const { ClientContext } = require('../helpers/client-contract');
const { loadNative } = require('../helpers/implementations');
const { reservePort } = require('../helpers/ports');

/**
 * @typedef {object} Suite
 * @property {string} client name of the build
 * @property {(name: string, body: (context: ClientContext) => Promise<void>) => void} test registers a test
 * @property {(name: string, body: (context: ClientContext) => Promise<void>) => void} testFull registers a test of what the
 *   build for a `<script>` tag leaves out; it does not run with that
 * @property {<T>(text: T, code: T) => T} textOr what an error says: a text, or its code in that build
 */

/**
 * Registers tests for every build of our client.
 *
 * @param {string} subject
 * @param {(suite: Suite) => void} register
 */
function withClients(subject, register) {
  for (const { name, Client } of clients().filter((each) => each.name !== 'original')) {
    const isScript = name === 'script';
    /** @type {Suite['test']} */
    const test = (title, body) => {
      it(title, async () => {
        const context = new ClientContext(loadNative(), Client);
        try {
          await body(context);
        } finally {
          await context.dispose();
        }
      });
    };
    describe(`${subject} (client ${name})`, () => {
      register({ client: name, test, testFull: isScript ? () => {} : test, textOr: (text, code) => (isScript ? code : text) });
    });
  }
}

/** A port nobody listens on. */
const refusedPort = reservePort;

module.exports = { withClients, refusedPort };
