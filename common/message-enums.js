// @ts-check
'use strict';

/** The enumerations of messages, which server and client share (contract section 2). */

const MessageName = Object.freeze({ RESPONSE: '_r', HANDSHAKE: '_h', PING: '_p' });

// facts: message-error-codes
const MessageErrorCode = Object.freeze({
  INVALID_JSON: 'mInvalidJson',
  MISSING_ID: 'mMissingId',
  ALREADY_RESPONDED: 'mAlreadyResponded',
});
// /facts

module.exports = { MessageName, MessageErrorCode };
