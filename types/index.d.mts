/**
 * Types of `line-socket-native` for `import`: the class as default export, and every name it carries.
 * They are documented in `index.d.ts`.
 */

import Server = require('../index.js');

import ServerConnection = Server.ServerConnection;
import ServerRoom = Server.ServerRoom;
import Message = Server.Message;
import LineError = Server.LineError;

export { Server, ServerConnection, ServerRoom, Message, LineError };
export default Server;

export type AdapterStats = Server.AdapterStats;
export type AdapterTls = Server.AdapterTls;
export type Answers<Response = any> = Server.Answers<Response>;
export type AnyErrorCode = Server.AnyErrorCode;
export type AnyMessages = Server.AnyMessages;
export type AskOptions = Server.AskOptions;
export type BroadcastOptions = Server.BroadcastOptions;
export type ConnectionErrorCode = Server.ConnectionErrorCode;
export type ConnectionErrorCodes = Server.ConnectionErrorCodes;
export type ConnectionEvents = Server.ConnectionEvents;
export type DeflateParameters = Server.DeflateParameters;
export type EncryptedKey = Server.EncryptedKey;
export type Engine = Server.Engine;
export type EngineEntry = Server.EngineEntry;
export type EngineHistory = Server.EngineHistory;
export type EngineReading = Server.EngineReading;
export type EngineSink = Server.EngineSink;
export type LineErrorCode = Server.LineErrorCode;
export type Except = Server.Except;
export type ExceptConnection = Server.ExceptConnection;
export type FetchOptions = Server.FetchOptions;
export type History = Server.History;
export type HistoryOptions = Server.HistoryOptions;
export type HistoryRule = Server.HistoryRule;
export type JoinOptions = Server.JoinOptions;
export type JoinResult = Server.JoinResult;
export type EventName = Server.EventName;
export type Handler<Args extends any[] = any[]> = Server.Handler<Args>;
export type Listener = Server.Listener;
export type ListenerRecord = Server.ListenerRecord;
export type ListenOptions = Server.ListenOptions;
export type MessageErrorCode = Server.MessageErrorCode;
export type MessageErrorCodes = Server.MessageErrorCodes;
export type MessageEvents = Server.MessageEvents;
export type MessageListeners<M> = Server.MessageListeners<M>;
export type MessageMap<M> = Server.MessageMap<M>;
export type MessageName<M> = Server.MessageName<M>;
export type MessageShape = Server.MessageShape;
export type NodeAnswers = Server.NodeAnswers;
export type NodeInfo = Server.NodeInfo;
export type Nodes = Server.Nodes;
export type NodesEvents = Server.NodesEvents;
export type PayloadOf<T> = Server.PayloadOf<T>;
export type Pem = Server.Pem;
export type Presence = Server.Presence;
export type PresenceChange = Server.PresenceChange;
export type PresenceEvents = Server.PresenceEvents;
export type PresenceMember = Server.PresenceMember;
export type PresenceRule = Server.PresenceRule;
export type RedisAdapterOptions = Server.RedisAdapterOptions;
export type RemoteConnection<ServerToClient extends Server.MessageMap<ServerToClient> = Server.AnyMessages> =
  Server.RemoteConnection<ServerToClient>;
export type Resumed = Server.Resumed;
export type StoredMessage = Server.StoredMessage;
export type Target<ServerToClient extends Server.MessageMap<ServerToClient> = Server.AnyMessages> = Server.Target<ServerToClient>;
export type ResponseOf<T> = Server.ResponseOf<T>;
export type HistoryCounts = Server.HistoryCounts;
export type RecoveryCounts = Server.RecoveryCounts;
export type RefusedConnections = Server.RefusedConnections;
export type Rooms<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> = Server.Rooms<ClientToServer, ServerToClient>;
export type ServerErrorCode = Server.ServerErrorCode;
export type ServerErrorCodes = Server.ServerErrorCodes;
export type ServerEvents<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> = Server.ServerEvents<ClientToServer, ServerToClient>;
export type ServerStats = Server.ServerStats;
export type ServerOptions = Server.ServerOptions;
export type Socket = Server.Socket;
export type SocketServer = Server.SocketServer;
export type StopOptions = Server.StopOptions;
export type TlsOptions = Server.TlsOptions;
export type UpgradeRequest = Server.UpgradeRequest;
export type PeerAddress = Server.PeerAddress;
export type PerMessageDeflateOptions = Server.PerMessageDeflateOptions;
export type ValueArgs<V, Rest extends any[] = []> = Server.ValueArgs<V, Rest>;
export type VerifyCallback = Server.VerifyCallback;
export type VerifyInfo = Server.VerifyInfo;
export type ZlibDeflateOptions = Server.ZlibDeflateOptions;
export type ZlibInflateOptions = Server.ZlibInflateOptions;
