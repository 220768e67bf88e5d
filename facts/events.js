// @ts-check
'use strict';

/**
 * The events of the server, of its objects, and of the client.
 * @typedef {object} Event
 * @property {string} on Whose it is.
 * @property {string} [name] Absent: the name of a message.
 * @property {string} args What listeners get.
 * @property {string} doc When, as the middle of a sentence.
 */

/** @type {Event[]} */
module.exports = [
  { on: 'server', name: 'handshake', args: 'connection, message', doc: 'a client has sent its handshake: resolve or reject the message' },
  { on: 'server', name: 'connection', args: 'connection', doc: 'a handshake was resolved' },
  { on: 'server', name: 'headers', args: 'array of lines', doc: 'before an upgrade is answered; lines may be changed and added' },
  { on: 'server', name: 'error', args: 'error', doc: 'a connection could not be accepted, or an upgrade callback gave a value that cannot be used; the server continues' },
  { on: 'connection', args: 'message', doc: 'a client sent a message; `message.resolve(value)` or `message.reject(error)` answers it' },
  { on: 'connection', name: '_error', args: 'error', doc: 'a message could not be read, a response not be sent, or the client broke the protocol' },
  { on: 'connection', name: '_disconnected', args: 'code, reason', doc: 'the connection has ended' },
  { on: 'connection', name: '_disconnecting', args: 'code, reason, ms left', doc: 'the server is being stopped with `drain`; the connection will be closed when no answer is outstanding' },
  { on: 'connection', name: '_drain', args: '', doc: 'the backlog of the client is empty, after it had reached `highWaterMark`' },
  { on: 'message', name: 'resolved', args: 'value', doc: 'the message was resolved, with this value' },
  { on: 'message', name: 'rejected', args: 'error', doc: 'the message was rejected, with this error' },
  { on: 'presence', name: 'join', args: '`{ id, info }`', doc: 'a member has come' },
  { on: 'presence', name: 'leave', args: '`{ id, info }`', doc: 'a member has gone' },
  { on: 'presence', name: 'change', args: '`{ count, joined, left, changed }`', doc: 'the members of a room have changed: after the `join`s and `leave`s of the same time' },
  { on: 'nodes', args: 'message', doc: 'another server has sent a message by `server.nodes`; `message.resolve(value)` or `message.reject(error)` answers it' },
  { on: 'nodes', name: '_up', args: '', doc: 'this server is joined with the others' },
  { on: 'nodes', name: '_down', args: 'error', doc: 'the engine cannot be reached, or has failed; the server tries again by itself' },
  { on: 'nodes', name: '_resumed', args: '`{ downFor, gaps, lost }`', doc: 'after `_up`, when it was down: for how many ms, in how many rooms with history something was missing, and in how many of them it could not be read again' },
  { on: 'nodes', name: '_joined', args: 'node', doc: 'another server has joined' },
  { on: 'nodes', name: '_error', args: 'error', doc: 'the answer to a message of another server could not be sent' },
  { on: 'nodes', name: '_left', args: 'node', doc: 'another server has stopped, or counts as dead' },
  { on: 'client', args: 'message', doc: 'the server sent a message' },
  { on: 'client', name: '_connecting', args: '', doc: 'an attempt to connect begins' },
  { on: 'client', name: '_connecting_error', args: 'error', doc: 'the attempt failed, or the server rejected the handshake' },
  { on: 'client', name: '_connected', args: 'payload', doc: 'the server resolved the handshake with this payload' },
  { on: 'client', name: '_disconnecting', args: '', doc: '`disconnect()` has begun' },
  { on: 'client', name: '_disconnected', args: 'close event', doc: 'the connection has ended' },
  { on: 'client', name: '_taken_over', args: '', doc: 'after `_disconnected`: the server has given the id of this client to another connection (4208), and the client does not connect again by itself' },
  { on: 'client', name: '_recovered', args: '`{ room, recovered, replayed }`', doc: 'the server let the client into a room again for which the client had sent a position; `recovered` says whether the client has got every message since then' },
  { on: 'client', name: '_error', args: 'error', doc: 'a message could not be read, a response not be sent, or the connection failed' },
];
