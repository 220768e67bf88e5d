// @ts-check
'use strict';

/** Messages that other servers have sent by `server.nodes`, and their answers. */

const LineError = require('../../common/line-error.js');
const { ConnectionErrorCode } = require('../enums.js');
const { brief } = require('../../common/failure.js');
const { errorJson, payloadJson } = require('../../common/json.js');
const { deliver, received } = require('../connection/message.js');
const { serverLog } = require('../runtime/debug.js');
const { kAnswersWithoutId, kEmitMessage, kErrorJson, kOnAnswerError, kOnNotResponded, kOnRejected, kOnResolved, kPayloadJson } = require('../symbols.js');

/** @typedef {import('./nodes.js').Nodes} Nodes */
/** @typedef {import('../connection/message.js').Message} Message */
/** @typedef {import('../connection/message.js').Responder} Responder */

/**
 * Sends an answer: an error or a payload, each as JSON.
 * @typedef {(error: string | undefined, payload: string | undefined) => void} Answer
 */

/**
 * Takes the answer to one message of another server.
 * @implements {Responder}
 */
class NodeResponder {
  #nodes;
  #answer;

  /**
   * @param {Nodes} nodes
   * @param {Answer} answer
   */
  constructor(nodes, answer) {
    this.#nodes = nodes;
    this.#answer = answer;
  }

  get [kAnswersWithoutId]() {
    return false;
  }

  /** @param {Message} message */
  [kEmitMessage](message) {
    return this.#nodes.emit(message.name, message);
  }

  /** @param {LineError} error */
  [kOnAnswerError](error) {
    if (this.#nodes.emit('_error', error) === false) serverLog('an answer to another server failed: %s', error.message);
  }

  /** @param {unknown} payload */
  [kPayloadJson](payload) {
    return payloadJson(payload);
  }

  /** @param {unknown} error Servers trust each other: the error is sent whole. */
  [kErrorJson](error) {
    return errorJson(error);
  }

  /**
   * @param {Message} _message
   * @param {string | undefined} json
   */
  [kOnResolved](_message, json) {
    this.#answer(undefined, json);
  }

  /**
   * @param {Message} _message
   * @param {string | undefined} json
   */
  [kOnRejected](_message, json) {
    this.#answer(json ?? 'null', undefined);
  }

  /**
   * @param {Message} message
   * @param {unknown} cause
   */
  [kOnNotResponded](message, cause) {
    const text = `The answer to "${brief(message.name)}" of another server could not be sent`;
    this[kOnAnswerError](new LineError(ConnectionErrorCode.MESSAGE_NOT_RESPONDED, text, cause));
  }
}

/**
 * Has listeners handle a message.
 * @param {Nodes} nodes
 * @param {{name: string, payload?: unknown}} message
 * @param {Answer | undefined} answer Undefined when none is awaited.
 */
function deliverNodeMessage(nodes, { name, payload }, answer) {
  // These are events of ours, which other servers cannot fire.
  if (name.startsWith('_')) {
    serverLog('ignored "%s" of another server: the name is reserved', name);
    return;
  }
  const responder = new NodeResponder(nodes, answer ?? (() => undefined));
  const message = received(responder, name, answer === undefined ? undefined : '"1"', undefined, undefined, payload);
  if (deliver(message) === false) serverLog('nobody listens for "%s" of another server', name);
}

module.exports = { deliverNodeMessage };
