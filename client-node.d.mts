/** Types of `line-socket-native/client-node` for `import`. */

import LineClient = require('./types/client.js');
import { LineError, Message } from './types/messages.js';

export { LineClient, LineError, Message };
export default LineClient;

export type AnyMessages = LineClient.AnyMessages;
export type ClientEvents = LineClient.ClientEvents;
export type ClientOptions = LineClient.ClientOptions;
export type CloseInfo = LineClient.CloseInfo;
export type MessageMap<M> = LineClient.MessageMap<M>;
export type MessageShape = LineClient.MessageShape;
export type MessagesOptions = LineClient.MessagesOptions;
export type QueueOptions = LineClient.QueueOptions;
export type SendOptions = LineClient.SendOptions;
export type WebSocketClass = LineClient.WebSocketClass;
