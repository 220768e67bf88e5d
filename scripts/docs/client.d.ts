/**
 * The client: `line-socket-native/client-node` for Node, `line-socket-native/client-web` for browsers; in a
 * `<script>` tag the global `LineClient`. Messages, errors and the emitter are those of
 * {@link line-socket-native}.
 *
 * @module line-socket-native/client
 */

// What `types/client.d.ts` exports, as in `server.d.ts`.
export { LineClient } from '../../types/client.js';
export type {
  ClientEvents, ClientOptions, CloseInfo, MessagesOptions, QueueOptions, SendOptions, WebSocketClass,
} from '../../types/client.js';
