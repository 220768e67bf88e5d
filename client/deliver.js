// @ts-check
'use strict';

const { reportUncaught, watchHandlers } = require('../common/delivery.js');
const { guard } = require('./errors.js');

/** @typedef {import('./message.js').Message} Message */
/** @typedef {import('./message.js').Responder & import('./emitter.js')} Receiver */

/**
 * Emits a message to its handlers. What an answer throws in them and they do not catch is reported.
 * @param {Receiver} receiver
 * @param {Message} message
 */
function deliver(receiver, message) {
  receiver.handling_ = message;
  guard(() => {
    try {
      message.results_ = receiver.emit(message.name, message);
    } catch (error) {
      if (!reportUncaught(error)) throw error;
    }
  });
  receiver.handling_ = undefined;
  // An async handler throws into its promise.
  if (message.hasThrown_) watchHandlers(message.results_, receiver);
}

module.exports = { deliver };
