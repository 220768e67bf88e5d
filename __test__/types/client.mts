/** Use of the client through `import`, with the messages described: what does not fit them must be an error. */

import LineClient, { LineClient as Named, LineError, Message } from 'line-socket-native/client-node';
import type { ClientOptions, CloseInfo, SendOptions } from 'line-socket-native/client-node';
import WebClient, { LineClient as NamedWeb } from 'line-socket-native/client-web';

interface ClientToServer {
  hello: { payload: { name: string }; response: { hello: string } };
  note: { payload: string };
  maybe: { payload?: string; response: number };
  bye: {};
}

interface ServerToClient {
  ask: { payload: { question: string }; response: number };
  tick: {};
}

const options: ClientOptions = {
  handshake: { payload: { token: 1 }, timeout: 5 },
  queue: { max: 5 },
  reconnectOptions: { fullJitter: true },
  webSocket: undefined,
};
const client = new LineClient<ClientToServer, ServerToClient>('ws://localhost', options);
const same: Named<ClientToServer, ServerToClient> = client;
const web: NamedWeb<ClientToServer, ServerToClient> = new WebClient<ClientToServer, ServerToClient>();
const untyped = new LineClient();
untyped.on('anything', (message) => message.resolve(message.payload.x));
untyped.send('anything', 5, 100).then((value) => value.x);

client.on('ask', (message) => {
  message satisfies Message<{ question: string }, number>;
  message.payload.question.trim();
  message.resolve(5);
  // @ts-expect-error -- The response has to be of its type.
  message.resolve('five');
});
client.on('tick', (message) => message.payload satisfies undefined);
client.on('_disconnected', ({ code, reason }: CloseInfo) => [code.toFixed(), reason.trim()]);
client.on('_connecting_error', (error) => error.code satisfies string);
client.once('_error', (error: LineError) => error.payload);
// @ts-expect-error -- The server sends no such message.
client.on('hello', () => {});

client.send('hello', { name: 'Ada' }).then((response) => response.hello.trim());
client.send('hello', { name: 'Ada' }, 500);
client.send('hello', { name: 'Ada' }, { timeout: 5, signal: new AbortController().signal } satisfies SendOptions);
client.send('maybe').then((response) => response.toFixed());
client.sendWithoutResponse('bye');
client.sendWithoutResponse('note', 'x');
// @ts-expect-error -- The payload is missing.
client.send('hello');
// @ts-expect-error -- The payload has another type.
client.sendWithoutResponse('note', 5);
// @ts-expect-error -- There is no such message.
client.send('ask', { question: 'x' });
// @ts-expect-error -- There is no such option.
client.send('bye', undefined, { patience: 5 });
// @ts-expect-error -- Nor such a type of one.
new LineClient('ws://localhost', { pingInterval: 'often' });

for await (const message of client.messages('ask', { max: 5 })) message.payload.question.trim();
for await (const message of client.messages(/x/)) message.payload.anything;
// @ts-expect-error -- The server sends no such message.
client.messages('hello');

client.state satisfies 'ready' | 'connecting' | 'handshaking' | 'connected' | 'disconnecting' | 'disconnected';
client.id satisfies string | null;
client.getUptime() satisfies number | undefined;
client.connect() satisfies boolean;
client.disconnect(1000, 'x', true) satisfies boolean;
LineClient.ErrorCode.QUEUE_FULL satisfies 'cQueueFull';
LineClient.State.READY satisfies LineClient['state'];
new LineClient.Message({ name: 'x' }) satisfies Message;
new LineClient.Error('code') satisfies LineError;

export { same, web };
