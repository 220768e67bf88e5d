/** Types of `line-socket-native/client-web` for `import`. */

import LineClient = require('./client.js');
import { LineError } from './errors.js';
import { Message } from './messages.js';

export { LineClient, LineError, Message };
export default LineClient;

export type AnyErrorCode = LineClient.AnyErrorCode;
export type AnyMessages = LineClient.AnyMessages;
export type ClientErrorCode = LineClient.ClientErrorCode;
export type ClientErrorCodes = LineClient.ClientErrorCodes;
export type ClientEvents = LineClient.ClientEvents;
export type ClientOptions = LineClient.ClientOptions;
export type CloseInfo = LineClient.CloseInfo;
export type LineErrorCode = LineClient.LineErrorCode;
export type MessageErrorCode = LineClient.MessageErrorCode;
export type MessageErrorCodes = LineClient.MessageErrorCodes;
export type MessageEvents = LineClient.MessageEvents;
export type MessageListeners<M> = LineClient.MessageListeners<M>;
export type MessageMap<M> = LineClient.MessageMap<M>;
export type MessageName<M> = LineClient.MessageName<M>;
export type MessageShape = LineClient.MessageShape;
export type MessagesOptions = LineClient.MessagesOptions;
export type PayloadOf<T> = LineClient.PayloadOf<T>;
export type QueueOptions = LineClient.QueueOptions;
export type Recovery = LineClient.Recovery;
export type ResponseOf<T> = LineClient.ResponseOf<T>;
export type SendOptions = LineClient.SendOptions;
export type ValueArgs<V, Rest extends any[] = []> = LineClient.ValueArgs<V, Rest>;
export type WebSocketClass = LineClient.WebSocketClass;
