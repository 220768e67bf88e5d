// @ts-check
'use strict';

/**
 * Tries to listen on a Unix domain socket without being root, who may write anywhere. Argument: the
 * path.
 */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

/** The user `nobody`, who owns nothing. */
const NOBODY = 65534;

const { Server } = loadNative();
if (process.getuid?.() === 0) process.setuid?.(NOBODY);

new Server({ listen: { path: process.argv[2] } }).start().then(
  () => report('started'),
  (/** @type {any} */ { code, payload }) => {
    const { code: cause, syscall, address } = payload;
    report({ code, cause, syscall, address });
  },
);
