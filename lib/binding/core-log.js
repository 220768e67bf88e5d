// @ts-check
'use strict';

/**
 * Turns the log of the Rust core on, once for the process, when the environment asks for it.
 * @param {Pick<import('./native.js').Native, 'startLog'>} native
 * @param {string | undefined} filter What `RUST_LOG` is set to.
 */
function startCoreLog(native, filter) {
  if (filter === undefined || filter === '') return;
  const problem = native.startLog(filter);
  // Another program's filter may have been meant: it is no reason not to serve.
  if (problem !== null) process.emitWarning(`RUST_LOG is ignored: ${problem}`, { code: 'LINE_RUST_LOG' });
}

module.exports = { startCoreLog };
