// @ts-check
'use strict';

/**
 * Keys of the members that classes of `lib/` share and that are not for applications. They are symbols, so that no
 * property that an application adds to an object can collide with one.
 */

// Of a server.
/** The functions of the core. */
const kNative = Symbol('native');
/** The options without the checks of `options`, for code that runs for each message. */
const kSettings = Symbol('settings');
/** The streams that other servers have accepted. */
const kHandovers = Symbol('handovers');
/** The events of the core. */
const kInbox = Symbol('inbox');
/** Starts and stops the server. */
const kLifecycle = Symbol('lifecycle');
/** The questions to many connections. */
const kGathering = Symbol('gathering');
/** Who listens for changes of presence. */
const kPresences = Symbol('presences');
/** What joins the server with others; undefined while nothing does. */
const kLink = Symbol('link');
/** What the sends of all its connections share. */
const kSending = Symbol('sending');

// Of the servers that are joined.
/** Emits an event, or logs it. */
const kOnNodeEvent = Symbol('onNodeEvent');

// Of a connection.
/** The core's number of the connection. */
const kSlot = Symbol('slot');
/** The low half of the core's serial number, which tells it from a later one in the same slot. */
const kSerial = Symbol('serial');
/** Which messages of the client still reach handlers: a value of `INTAKE`. */
const kIntake = Symbol('intake');
/** Whether the client counts as gone, though its connection has not ended. */
const kIsGivenUp = Symbol('isGivenUp');
/** Gives the connection an id, which may be claimed on other servers afterwards. */
const kReserveId = Symbol('reserveId');
/** Events that came between the resolved handshake and the `connection` event. */
const kDeferred = Symbol('deferred');
/** Number of unanswered requests, without those received during a drain. */
const kUnanswered = Symbol('unanswered');
/** The `debug` log; null when it is off. */
const kLog = Symbol('log');
/** Queues a message; returns the error when it cannot. */
const kQueue = Symbol('queue');
/** Queues the text of a message; returns the error when it cannot. */
const kQueueText = Symbol('queueText');
/** Sends an error as the answer to a message. */
const kSendRejection = Symbol('sendRejection');
/** Whether no answer is outstanding, of the client or the server. */
const kIsIdle = Symbol('isIdle');
/** Whether a `send` waits for its answer. */
const kAwaitsAnswers = Symbol('awaitsAnswers');
/** Called when the handshake is resolved. */
const kConnect = Symbol('connect');

// Of a connection, called for the events of the core.
const kOnHandshake = Symbol('onHandshake');
const kOnMessage = Symbol('onMessage');
const kOnResponse = Symbol('onResponse');
const kOnPing = Symbol('onPing');
const kOnPingDue = Symbol('onPingDue');
const kOnPingFailed = Symbol('onPingFailed');
const kOnInvalid = Symbol('onInvalid');
const kOnWritten = Symbol('onWritten');
const kOnDrained = Symbol('onDrained');
/** Also a key of its socket. */
const kKeepFacts = Symbol('keepFacts');
const kOnClosed = Symbol('onClosed');

// Of a connection or handshake, called by messages: see `Responder` in `connection/message.js`.
const kAnswersWithoutId = Symbol('answersWithoutId');
const kEmitMessage = Symbol('emitMessage');
const kOnAnswerError = Symbol('onAnswerError');
const kPayloadJson = Symbol('payloadJson');
const kErrorJson = Symbol('errorJson');
const kOnResolved = Symbol('onResolved');
const kOnRejected = Symbol('onRejected');
const kOnNotResponded = Symbol('onNotResponded');

// Of an engine.
/** Publishes several messages at once. */
const kPublishAll = Symbol('publishAll');

// Of a message.
/** Whether its connection counts it among the unanswered requests. */
const kIsCounted = Symbol('isCounted');

// Of a socket.
/** What the core knows of the upgrade request. */
const kRequestFacts = Symbol('requestFacts');
/** Sets the upgrade request, for a stream that another server has accepted. */
const kSetRequest = Symbol('setRequest');
/** Starts reading from a client that was upgraded by hand. */
const kServe = Symbol('serve');

/** The key of ours in messages between processes: a string, because symbols do not travel. */
const KEY = 'line-socket-native';

module.exports = {
  KEY,
  kNative,
  kSettings,
  kHandovers,
  kInbox,
  kLifecycle,
  kGathering,
  kPresences,
  kPublishAll,
  kLink,
  kOnNodeEvent,
  kSending,
  kSlot,
  kSerial,
  kIntake,
  kIsGivenUp,
  kReserveId,
  kDeferred,
  kUnanswered,
  kLog,
  kQueue,
  kQueueText,
  kSendRejection,
  kIsIdle,
  kAwaitsAnswers,
  kConnect,
  kOnHandshake,
  kOnMessage,
  kOnResponse,
  kOnPing,
  kOnPingDue,
  kOnPingFailed,
  kOnInvalid,
  kOnWritten,
  kOnDrained,
  kKeepFacts,
  kOnClosed,
  kAnswersWithoutId,
  kEmitMessage,
  kOnAnswerError,
  kPayloadJson,
  kErrorJson,
  kOnResolved,
  kOnRejected,
  kOnNotResponded,
  kIsCounted,
  kRequestFacts,
  kSetRequest,
  kServe,
};
