// @ts-check
'use strict';

/**
 * The events of the server, of its objects, and of the client.
 * @typedef {object} Event
 * @property {string} on Whose it is.
 * @property {string} [name] Absent: the name of a message.
 * @property {string} args What listeners get.
 * @property {string} [types] The same in TypeScript, as members of a tuple. Absent for names of messages.
 * @property {string} doc When, as the middle of a sentence.
 * @property {string} [details] More than that, for the types: whole sentences, instead of `doc`.
 */

/** @type {Event[]} */
module.exports = [
  {
    on: 'server', name: 'handshake', args: 'connection, message', types: 'connection: ServerConnection<ClientToServer, ServerToClient>, handshake: Message',
    doc: 'a client has sent its handshake: resolve or reject the message',
    details: 'A client has sent its handshake: resolve or reject the message. Without a listener every handshake is resolved.',
  },
  {
    on: 'server', name: 'connection', args: 'connection', types: 'connection: ServerConnection<ClientToServer, ServerToClient>',
    doc: 'a handshake was resolved',
    details: 'A client is connected, its handshake resolved.',
  },
  {
    on: 'server', name: 'headers', args: 'array of lines', types: 'headers: string[]',
    doc: 'before an upgrade is answered; lines may be changed and added',
    details: 'Lines of the answer to an upgrade request, before it is sent. They may be changed and added.',
  },
  {
    on: 'server', name: 'error', args: 'error', types: 'error: NodeJS.ErrnoException | LineError',
    doc: 'a connection could not be accepted, or an upgrade callback gave a value that cannot be used; the server continues',
    details: 'A connection could not be accepted, or the HTTP server of the option `server` failed. Or an upgrade was refused with 500 because `verifyClient`, `handleProtocols` or a `headers` listener gave a value that cannot be used (`sInvalidAction`, with that value as `payload`), or the promise of one was rejected (`sWebsocketError`, with the reason as `payload`).',
  },
  { on: 'connection', args: 'message', doc: 'a client sent a message; `message.resolve(value)` or `message.reject(error)` answers it' },
  {
    on: 'connection', name: '_error', args: 'error', types: 'error: LineError<ConnectionErrorCode | MessageErrorCode>',
    doc: 'a message could not be read, a response not be sent, or the client broke the protocol',
    details: 'A message could not be read, a response could not be sent, or the client broke the protocol.',
  },
  {
    on: 'connection', name: '_disconnected', args: 'code, reason', types: 'code: number, reason: string',
    doc: 'the connection has ended',
    details: 'The connection has ended, with the close code (RFC 6455 section 7.4) and reason.',
  },
  {
    on: 'connection', name: '_disconnecting', args: 'code, reason, ms left', types: 'code: number, reason: string, left: number',
    doc: 'the server is being stopped with `drain`; the connection will be closed when no answer is outstanding',
    details: 'The server is being stopped with `drain`: the connection will be closed with this code and reason when no answer is outstanding, and after so many milliseconds in any case.',
  },
  {
    on: 'connection', name: '_drain', args: '', types: '',
    doc: 'the backlog of the client is empty, after it had reached `highWaterMark`',
    details: 'All that waited for the client has left, after it had reached `highWaterMark`. An application that stopped sending because of `writableNeedDrain` can go on.',
  },
  {
    on: 'message', name: 'resolved', args: 'value', types: 'payload: any',
    doc: 'the message was resolved, with this value',
    details: 'It was resolved, with this value.',
  },
  {
    on: 'message', name: 'rejected', args: 'error', types: 'err: any',
    doc: 'the message was rejected, with this error',
    details: 'It was rejected, with this error.',
  },
  {
    on: 'presence', name: 'join', args: '`{ id, info }`', types: 'member: PresenceMember',
    doc: 'a member has come',
  },
  {
    on: 'presence', name: 'leave', args: '`{ id, info }`', types: 'member: PresenceMember',
    doc: 'a member has gone',
  },
  {
    on: 'presence', name: 'change', args: '`{ count, joined, left, changed }`', types: 'change: PresenceChange',
    doc: 'the members of a room have changed: after the `join`s and `leave`s of the same time',
    details: 'The members of the room have changed: after the `join`s and `leave`s of the same time.',
  },
  { on: 'nodes', args: 'message', doc: 'another server has sent a message by `server.nodes`; `message.resolve(value)` or `message.reject(error)` answers it' },
  {
    on: 'nodes', name: '_up', args: '', types: '',
    doc: 'this server is joined with the others',
  },
  {
    on: 'nodes', name: '_down', args: 'error', types: "error: LineError<'sAdapterDown'>",
    doc: 'the engine cannot be reached, or has failed; the server tries again by itself. Without a listener it is a warning of the process, with the code `LINE_ADAPTER_DOWN`',
  },
  {
    on: 'nodes', name: '_resumed', args: '`{ downFor, gaps, lost }`', types: 'resumed: Resumed',
    doc: 'after `_up`, when it was down: for how many ms, in how many rooms with history something was missing, and in how many of them it could not be read again',
    details: 'After `_up`, when it was down before.',
  },
  {
    on: 'nodes', name: '_degraded', args: 'error', types: "error: LineError<'sAdapterDown'>",
    doc: 'the engine is connected, and cannot do a part of what it is asked: a full Redis keeps no messages. What waits is tried again',
    details: 'The engine is connected, and cannot do a part of what it is asked, which the error names: a full Redis keeps no messages of rooms with history. What waits is tried again. `state` stays `up`, and plain rooms reach all servers. `_restored` or `_down` follows.',
  },
  {
    on: 'nodes', name: '_restored', args: '', types: '',
    doc: 'after `_degraded`: the engine has done again for a second all that it is asked',
  },
  {
    on: 'nodes', name: '_joined', args: 'node', types: 'node: NodeInfo',
    doc: 'another server has joined',
  },
  {
    on: 'nodes', name: '_error', args: 'error', types: 'error: LineError',
    doc: 'the answer to a message of another server could not be sent',
  },
  {
    on: 'nodes', name: '_left', args: 'node', types: 'node: NodeInfo',
    doc: 'another server has stopped, or counts as dead',
  },
  { on: 'client', args: 'message', doc: 'the server sent a message' },
  {
    on: 'client', name: '_connecting', args: '', types: '',
    doc: 'an attempt to connect begins',
  },
  {
    on: 'client', name: '_connecting_error', args: 'error', types: 'error: LineError<ClientErrorCode>',
    doc: 'the attempt failed, or the server rejected the handshake',
    details: 'The attempt failed: `cWebsocketError`, `cHandshakeError` or `cHandshakeRejected`.',
  },
  {
    on: 'client', name: '_connected', args: 'payload', types: 'payload: any',
    doc: 'the server resolved the handshake with this payload',
  },
  {
    on: 'client', name: '_disconnecting', args: '', types: '',
    doc: '`disconnect()` has begun',
    details: 'The client begins to disconnect.',
  },
  {
    on: 'client', name: '_disconnected', args: 'close event', types: 'event: CloseInfo',
    doc: 'the connection has ended, or an attempt to connect has failed',
    details: 'The connection has ended, or could not be made.',
  },
  {
    on: 'client', name: '_taken_over', args: '', types: '',
    doc: 'after `_disconnected`: the server has given the id of this client to another connection (4208), and the client does not connect again by itself',
    details: 'After `_disconnected`: the server has given the id of this client to another connection, by `setIdAsync` with `takeover`. The client does not connect again by itself; `connect()` takes the id back.',
  },
  {
    on: 'client', name: '_recovered', args: '`{ room, recovered, replayed }`', types: 'recovery: Recovery',
    doc: 'the server let the client into a room again for which the client had sent a position, or has lost messages of a room that the client is in; `recovered` says whether the client has got every message since then',
    details: 'The server has let the client into a room again for which the client had sent a position, or has lost messages of a room that the client is in; `recovery` tells whether the client has got every message since then.',
  },
  {
    on: 'client', name: '_error', args: 'error', types: 'error: LineError<ClientErrorCode | MessageErrorCode>',
    doc: 'a message could not be read, a response not be sent, or the connection failed',
    details: 'A message could not be read or is too large, a response could not be sent, or the connection failed.',
  },
];
