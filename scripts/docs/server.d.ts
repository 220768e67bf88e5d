/**
 * The server: `require('line-socket-native')`, or `import`. The same is to be had as
 * `line-socket-native/server`.
 *
 * @module line-socket-native
 */

// What `index.d.ts` exports under one name each, for typedoc, which would show `export =` as such.
export { LineError, Message, Server, ServerConnection, ServerRoom } from '../../index.js';
export type {
  AnyMessages, ConnectionEvents, DeflateParameters, EncryptedKey, EventName, Handler, HistoryCounts, ListenOptions, Listener,
  ListenerRecord, MessageEvents, MessageMap, MessageShape, PeerAddress, Pem, PerMessageDeflateOptions, RecoveryCounts,
  RefusedConnections, Rooms, ServerEvents, ServerOptions, ServerStats, Socket, SocketServer, StopOptions, TlsOptions, UpgradeRequest, VerifyCallback, VerifyInfo,
  ZlibDeflateOptions, ZlibInflateOptions,
} from '../../index.js';
// What these are made of.
export type { LineErrorConstructor } from '../../types/errors.js';
export type { Emitter, EmitterEvents } from '../../types/emitter.js';
export type { MessageListeners, PayloadOf, ResponseOf, ValueArgs } from '../../types/messages.js';
