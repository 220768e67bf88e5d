// @ts-check
'use strict';

const { guard } = require('./errors.js');
const { Message } = require('./message.js');

/** @typedef {import('./message.js').Responder & import('./emitter.js')} Receiver */

/**
 * Emits a message to its handlers. One that answers a message without an id throws `mMissingId`; whether
 * there is an id is the peer's choice, so that exception goes to `onMissingId_`.
 * @param {Receiver} receiver
 * @param {Message} message
 */
function deliver(receiver, message) {
  const report = (/** @type {any} */ error) => {
    if (error?.code !== Message.ErrorCode.MISSING_ID) throw error;
    receiver.onMissingId_(error);
  };
  receiver.handling_ = message;
  guard(() => {
    try {
      const results = receiver.emit(message.name, message) || [];
      // An async handler throws into its promise.
      for (const result of results) if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    }
  });
  receiver.handling_ = undefined;
}

module.exports = { deliver };
