// @ts-check
'use strict';

const path = require('node:path');
const { Context } = require('../../helpers/context');
const { loadNative } = require('../../helpers/implementations');
const { within } = require('../../helpers/timing');
const { Child } = require('./child');

/** Where the scripts of the child processes are. */
const CHILDREN = path.join(__dirname, '..', 'children');

/**
 * The servers and clients of one test in this process, and its child processes. All of them end with the test.
 */
class Scene extends Context {
  constructor() {
    super(loadNative());
  }

  /**
   * Starts a server on a port the system chooses.
   * @param {Record<string, unknown>} [options]
   * @param {(server: any) => void} [prepare] Called before it starts.
   * @returns {Promise<{server: any, port: number}>}
   */
  async listen(options = {}, prepare = () => {}) {
    const server = this.track(new this.Server({ host: '127.0.0.1', port: 0, ...options }));
    prepare(server);
    await within(server.start(), 'start');
    return { server, port: server.address().port };
  }

  /**
   * Starts a script of `children/`.
   * @param {string} script
   * @param {unknown[]} [args]
   * @param {import('./child').ChildOptions} [options]
   */
  child(script, args = [], options) {
    return this.run(path.join(CHILDREN, script), args, options);
  }

  /**
   * Starts any script.
   * @param {string} file
   * @param {unknown[]} [args]
   * @param {import('./child').ChildOptions} [options]
   */
  run(file, args = [], options) {
    const child = new Child(file, args, options);
    this.defer(() => child.stop());
    return child;
  }
}

/**
 * The body of a test that gets a scene, and the test's own context.
 * @param {(scene: Scene, test: import('node:test').TestContext) => Promise<void>} body
 * @returns {(test?: any) => Promise<void>}
 */
function withScene(body) {
  return async (test) => {
    const scene = new Scene();
    try {
      await body(scene, test);
    } finally {
      await scene.dispose();
    }
  };
}

module.exports = { Scene, withScene };
