// @ts-check
'use strict';

/** Contract sections 1 and 3: messages from the client to listeners of the connection. */

const { contract, ABSENT, CRASHES } = require('../helpers/contract');
const { attempt, describeError } = require('../helpers/observe');
const { Opcode } = require('../helpers/frames');
const { delay, until } = require('../helpers/timing');

/**
 * Sends raw texts and returns what listeners of `names` and of `_error` got.
 *
 * @param {import('../helpers/context').Context} context
 * @param {string[]} names
 * @param {(string | Buffer)[]} texts
 */
async function received(context, names, texts) {
  const { client, connection } = await context.pair();
  /** @type {any[]} */
  const log = [];
  connection.on(names, (/** @type {any} */ { name, payload, id, err }) => log.push({ name, payload, id, err }));
  connection.on('_error', (/** @type {any} */ error) => log.push(describeError(error)));
  for (const text of texts) client.text(text);
  await client.fence();
  return log;
}

/** @param {any} fields */
const seen = ({ name, payload, id, err }) => ({ name, payload, id, err });

/**
 * A case that lets the client send one request with id `1` and returns what `answer` returned and
 * the texts the client received.
 *
 * @param {string} name
 * @param {(message: any) => unknown} answer
 * @param {unknown} expected
 * @returns {import('../helpers/contract').Case}
 */
function answering(name, answer, expected) {
  return {
    name,
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {unknown} */
      let result;
      connection.on('ask', (/** @type {any} */ message) => (result = answer(message)));
      const before = client.texts.length;
      client.json({ n: 'ask', p: 1, i: '1' });
      await client.fence();
      return { result, texts: client.texts.slice(before, -1) };
    },
    expected
  };
}

const ALREADY = { thrown: { code: 'mAlreadyResponded' } };

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  {
    name: 'name and payload; no id, no error',
    run: (context) => received(context, ['note'], ['{"n":"note","p":{"a":[1,null]}}']),
    expected: [seen({ name: 'note', payload: { a: [1, null] } })]
  },
  {
    name: 'payloads of every JSON type',
    run: async (context) => {
      const texts = ['', ',"p":null', ',"p":false', ',"p":0', ',"p":""', ',"p":-0', ',"p":1e400', ',"p":[]', ',"p":"\\ud800"'];
      const log = await received(context, ['x'], texts.map((text) => `{"n":"x"${text}}`));
      return log.map((message) => message.payload);
    },
    expected: [undefined, null, false, 0, '', -0, Infinity, [], '\ud800']
  },
  {
    name: 'keys in any order, unknown keys, white space',
    run: (context) =>
      received(context, ['x'], [' \t\r\n{ "extra" : {"n":"y"} , "i":"" ,\n"p" :\t[ 1 , 2 ] , "n" : "x" } \r\n']),
    expected: [seen({ name: 'x', payload: [1, 2], id: '' })]
  },
  {
    name: 'of a key written twice the last counts',
    run: (context) => received(context, ['x', 'y'], ['{"n":"x","p":1,"n":"y","p":2}', '{"n":5,"n":"x"}']),
    expected: [seen({ name: 'y', payload: 2 }), seen({ name: 'x' })]
  },
  {
    name: 'escapes in keys, names and ids',
    run: (context) =>
      received(context, ['caf\u00e9 "x"', '\ud800'], ['{"\\u006e":"caf\\u00e9 \\"x\\"","\\u0070":"\\ud83d\\ude00"}', '{"n":"\\ud800"}']),
    expected: [seen({ name: 'caf\u00e9 "x"', payload: '\u{1f600}' }), seen({ name: '\ud800' })]
  },
  {
    name: 'names beyond ASCII and names with dots, spaces and digits',
    run: (context) => received(context, ['\u4f60\u597d', 'a.b c', '42'], ['{"n":"\u4f60\u597d"}', '{"n":"a.b c"}', '{"n":"42"}']),
    expected: ['\u4f60\u597d', 'a.b c', '42'].map((name) => seen({ name }))
  },
  {
    name: 'names of Object.prototype reach only listeners registered for them',
    run: async (context) => {
      const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__', '__defineGetter__'];
      const texts = names.map((name) => `{"n":"${name}"}`);
      return [await received(context, ['other'], texts), await received(context, names, texts)];
    },
    original: ABSENT,
    ours: [[], ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__', '__defineGetter__'].map((name) => seen({ name }))]
  },
  {
    name: 'a __proto__ key stays a plain key of the payload',
    run: async (context) => {
      const [message] = await received(context, ['x'], ['{"n":"x","p":{"__proto__":{"polluted":1}}}']);
      return [Object.keys(message.payload), JSON.stringify(message.payload), message.payload.polluted];
    },
    expected: [['__proto__'], '{"__proto__":{"polluted":1}}', undefined]
  },
  {
    name: 'an error travels in e',
    run: async (context) => {
      const [message] = await received(context, ['x'], ['{"n":"x","e":{"name":"TypeError","message":"no","code":7}}']);
      return [message.err instanceof Error, message.err.name, message.err.message, message.err.code, message.err.constructor === Error];
    },
    expected: [true, 'TypeError', 'no', 7, true]
  },
  {
    name: 'an e that is no error stays what it is',
    run: async (context) => {
      const texts = ['{"n":"x","e":"no"}', '{"n":"x","e":{"name":"N"}}', '{"n":"x","e":{"name":1,"message":"m"}}', '{"n":"x","e":null}'];
      return (await received(context, ['x'], texts)).map((message) => message.err);
    },
    expected: ['no', { name: 'N' }, { name: 1, message: 'm' }, null]
  },
  {
    name: 'a binary frame of JSON is read the same way',
    run: async (context) => {
      const { client, connection } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
      client.frame({ opcode: Opcode.BINARY, payload: '{"n":"ask","p":"caf\u00e9","i":"1"}' });
      const { text } = await client.message();
      return { text, opcode: client.frames[1].opcode };
    },
    expected: { text: '{"n":"_r","p":"caf\u00e9","i":"1","e":null}', opcode: Opcode.TEXT }
  },
  {
    name: 'a fragmented message, with a ping between its fragments',
    run: async (context) => {
      const { client, connection } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
      const bytes = Buffer.from('{"n":"ask","p":"\u4f60\u597d","i":"1"}');
      client.frame({ fin: false, payload: bytes.subarray(0, 16) });
      client.frame({ opcode: Opcode.PING, payload: 'between' });
      client.frame({ opcode: Opcode.CONTINUATION, fin: false });
      client.frame({ opcode: Opcode.CONTINUATION, payload: bytes.subarray(16) });
      const { text } = await client.message();
      return client.frames.slice(1).map((frame) => [frame.opcode, frame.text]).concat([[text.length, '']]);
    },
    expected: [[Opcode.PONG, 'between'], [Opcode.TEXT, '{"n":"_r","p":"\u4f60\u597d","i":"1","e":null}'], [36, '']]
  },
  {
    name: 'a frame that comes byte by byte',
    run: async (context) => {
      const { client, connection } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
      const { encodeFrame } = require('../helpers/frames');
      for (const byte of encodeFrame({ payload: '{"n":"ask","p":"slow","i":"1"}' })) {
        client.send(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return (await client.message()).text;
    },
    expected: '{"n":"_r","p":"slow","i":"1","e":null}'
  },
  {
    name: 'payloads around the limits of the length field and beyond',
    run: async (context) => {
      const { client, connection } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
      const intact = [];
      for (const length of [80, 99, 100, 125, 126, 65000, 65506, 65507, 65536, 1 << 20]) {
        const payload = 'x'.repeat(length);
        const { message } = await client.request('ask', payload);
        intact.push(message.p === payload);
      }
      return intact;
    },
    expected: Array(10).fill(true)
  },
  {
    name: 'many messages reach listeners in the order they were sent',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {number[]} */
      const order = [];
      connection.on(['a', 'b'], (/** @type {any} */ message) => order.push(message.payload));
      for (let i = 0; i < 500; i++) {
        if (i % 3) client.json({ n: i % 2 ? 'a' : 'b', p: i });
        else client.json({ n: 'a', p: i, i: String(i) });
      }
      await client.fence();
      return order;
    },
    expected: Array.from({ length: 500 }, (_, i) => i)
  },
  {
    name: 'invalid JSON is reported as scInvalidJson with the raw text, and the connection stays',
    run: (context) => received(context, ['x'], ['{"n":"x"', '{"n":"x"}']),
    expected: [
      {
        code: 'scInvalidJson',
        payload: '{"n":"x"'
      },
      seen({ name: 'x' })
    ]
  },
  {
    name: 'an error of the connection is a LineError',
    run: async (context) => {
      const { client, connection, server } = await context.pair();
      /** @type {any} */
      let error;
      connection.on('_error', (/** @type {any} */ reported) => (error = reported));
      client.text('nonsense');
      await client.fence();
      return [error instanceof Error, error instanceof server.constructor.Error, error.name, typeof error.stack];
    },
    expected: [true, true, 'LineError', 'string']
  },
  {
    name: 'invalid JSON without an _error listener is silent',
    run: async (context) => {
      const { client } = await context.pair();
      client.text('nonsense');
      await client.fence();
      return client.frames.length;
    },
    expected: 2
  },
  {
    name: 'a request nobody listens to gets no response',
    run: async (context) => {
      const { client } = await context.pair();
      client.json({ n: 'nobody', i: '1' });
      await client.fence();
      return client.frames.length;
    },
    expected: 2
  },
  answering('resolve answers once', (message) => message.resolve({ ok: true }), {
    result: undefined,
    texts: ['{"n":"_r","p":{"ok":true},"i":"1","e":null}']
  }),
  answering('reject answers with the error', (message) => message.reject(new RangeError('too far')), {
    result: undefined,
    texts: ['{"n":"_r","i":"1","e":{"name":"RangeError","message":"too far"}}']
  }),
  answering(
    'a second resolve or reject throws mAlreadyResponded',
    (message) => {
      message.resolve(1);
      return [attempt(() => message.resolve(2)), attempt(() => message.reject(3))];
    },
    { result: [ALREADY, ALREADY], texts: ['{"n":"_r","p":1,"i":"1","e":null}'] }
  ),
  answering(
    'resolve after reject throws mAlreadyResponded',
    (message) => {
      message.reject('no');
      return attempt(() => message.resolve(2));
    },
    { result: ALREADY, texts: ['{"n":"_r","i":"1","e":"no"}'] }
  ),
  answering(
    'changing payload and name of a message does not change its response',
    (message) => {
      message.payload = 'changed';
      message.name = 'changed';
      message.resolve(message.payload);
    },
    { result: undefined, texts: ['{"n":"_r","p":"changed","i":"1","e":null}'] }
  ),
  answering(
    'the value is written when resolve is called',
    (message) => {
      const value = { state: 'before' };
      message.resolve(value);
      value.state = 'after';
    },
    { result: undefined, texts: ['{"n":"_r","p":{"state":"before"},"i":"1","e":null}'] }
  ),
  answering(
    'the resolved event carries the value',
    (message) => {
      /** @type {any[]} */
      const log = [];
      message.once('resolved', (/** @type {any[]} */ ...args) => log.push('resolved', args));
      message.once('rejected', (/** @type {any[]} */ ...args) => log.push('rejected', args));
      message.resolve({ a: 1 });
      return log;
    },
    { result: ['resolved', [{ a: 1 }]], texts: ['{"n":"_r","p":{"a":1},"i":"1","e":null}'] }
  ),
  answering(
    'the rejected event carries the error',
    (message) => {
      /** @type {any[]} */
      const log = [];
      message.once('resolved', (/** @type {any[]} */ ...args) => log.push('resolved', args));
      message.once('rejected', (/** @type {any[]} */ ...args) => log.push('rejected', args));
      message.reject('no');
      return log;
    },
    { result: ['rejected', ['no']], texts: ['{"n":"_r","i":"1","e":"no"}'] }
  ),
  answering('toString is the text of the message', (message) => String(message), {
    result: '{"n":"ask","p":1,"i":"1"}',
    texts: []
  }),
  answering(
    'createResponse makes a message named _r with the same id',
    (message) => [
      String(message.createResponse(null, 'value')),
      String(message.createResponse(new Error('no'))),
      message.createResponse(null) instanceof message.constructor
    ],
    {
      result: ['{"n":"_r","p":"value","i":"1","e":null}', '{"n":"_r","i":"1","e":{"name":"Error","message":"no"}}', true],
      texts: []
    }
  ),
  {
    name: 'resolve and reject without an id throw mMissingId inside the handler',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any[]} */
      const log = [];
      connection.on('_error', (/** @type {any} */ error) => log.push(['_error', error.code]));
      connection.on('note', (/** @type {any} */ message) => {
        log.push(attempt(() => message.resolve()), attempt(() => message.reject(new Error('no'))));
      });
      client.json({ n: 'note' });
      await client.fence();
      return log;
    },
    expected: [{ thrown: { code: 'mMissingId' } }, { thrown: { code: 'mMissingId' } }]
  },
  ...['resolve', 'reject'].flatMap((method) =>
    ['at once', 'in an async function', 'later'].map((when) => ({
      name: `${method} without an id, ${when}, with nobody catching: the client cannot end the process`,
      run: async (/** @type {import('../helpers/context').Context} */ context) => {
        const { client, connection } = await context.pair();
        /** @type {any[]} */
        const log = [];
        connection.on('_error', (/** @type {any} */ error) => log.push(error.code));
        connection.on('note', (/** @type {any} */ message) => {
          if (when === 'at once') return message[method]('x');
          if (when === 'in an async function') return Promise.resolve().then(() => message[method]('x'));
          return setTimeout(() => message[method]('x'), 5);
        });
        client.json({ n: 'note' });
        await client.fence();
        await delay(20);
        await client.fence();
        return log;
      },
      original: CRASHES,
      ours: ['mMissingId']
    }))
  ),
  {
    name: 'numeric ids are answered as numbers',
    run: async (context) => {
      const { client, connection } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => message.resolve(typeof message.id));
      for (const id of ['7', '-1', '1.5', '1e3']) client.text(`{"n":"ask","i":${id}}`);
      await client.fence();
      return client.texts.slice(1, -1);
    },
    expected: ['7', '-1', '1.5', '1000'].map((id) => `{"n":"_r","p":"number","i":${id},"e":null}`)
  },
  {
    name: 'an empty id or zero asks for no response, and resolve does not throw',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any[]} */
      const log = [];
      connection.on('ask', (/** @type {any} */ message) => log.push([message.id, attempt(() => message.resolve(1))]));
      client.text('{"n":"ask","i":""}');
      client.text('{"n":"ask","i":0}');
      await client.fence();
      return { log, frames: client.frames.length };
    },
    expected: { log: [['', { returned: undefined }], [0, { returned: undefined }]], frames: 2 }
  },
  {
    name: 'ids are echoed as they are: long, unicode, escaped',
    run: async (context) => {
      const { client, connection } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => message.resolve());
      for (const id of ['x'.repeat(300), '\u4f60', '"\\\n', '__proto__', '\ud800']) client.json({ n: 'ask', i: id });
      await client.fence();
      return client.texts.slice(1, -1);
    },
    expected: ['x'.repeat(300), '\u4f60', '"\\\n', '__proto__', '\ud800'].map((id) => `{"n":"_r","i":${JSON.stringify(id)},"e":null}`)
  },
  {
    name: 'responses leave in the order they were given, not the order of the requests',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any[]} */
      const waiting = [];
      connection.on('ask', (/** @type {any} */ message) => waiting.push(message));
      for (const i of ['a', 'b', 'c']) client.json({ n: 'ask', i });
      await client.fence();
      for (const message of waiting.reverse()) message.resolve();
      await client.fence();
      return client.texts.slice(2, -1).map((text) => JSON.parse(text).i);
    },
    expected: ['c', 'b', 'a']
  },
  ...['resolve', 'reject'].map((method) => ({
    name: `${method} of a message without an id, to which its handler has given one`,
    run: async (/** @type {import('../helpers/context').Context} */ context) => {
      const { client, connection } = await context.pair();
      connection.on('tell', (/** @type {any} */ message) => {
        message.id = 'own';
        message[method](7);
      });
      client.json({ n: 'tell' });
      await client.fence();
      return client.texts.slice(1, -1);
    },
    original: [],
    ours: [method === 'resolve' ? '{"n":"_r","p":7,"i":"own","e":null}' : '{"n":"_r","i":"own","e":7}']
  })),
  {
    name: 'what a copy of a message has',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any} */
      let copy;
      connection.on('ask', (/** @type {any} */ message) => (copy = { ...message }));
      client.json({ n: 'ask', p: 1, i: 'a' });
      await client.fence();
      return ['name', 'payload', 'id', 'err'].filter((key) => Object.hasOwn(copy, key));
    },
    original: ['name', 'payload', 'id', 'err'],
    ours: ['name']
  },
  {
    name: 'two requests with the same id are both answered',
    run: async (context) => {
      const { client, connection } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
      client.json({ n: 'ask', p: 1, i: 'same' });
      client.json({ n: 'ask', p: 2, i: 'same' });
      await client.fence();
      return client.texts.slice(1, -1);
    },
    expected: ['{"n":"_r","p":1,"i":"same","e":null}', '{"n":"_r","p":2,"i":"same","e":null}']
  },
  ...['resolve', 'reject'].map((method) => ({
    name: `${method} after the client has gone is reported as cMessageNotResponded`,
    run: async (/** @type {import('../helpers/context').Context} */ context) => {
      const { client, connection } = await context.pair();
      /** @type {any} */
      let waiting;
      /** @type {any[]} */
      const log = [];
      connection.on('ask', (/** @type {any} */ message) => (waiting = message));
      connection.on('_error', (/** @type {any} */ error) => log.push(describeError(error)));
      client.json({ n: 'ask', i: '1' });
      await client.fence();
      client.close(1000);
      await until(() => connection.state === 'disconnected', 'disconnected');
      waiting[method]('late');
      await until(() => log.length, 'reported');
      return log;
    },
    expected: [
      {
        code: 'cMessageNotResponded',
        payload: { code: 'scDisconnected' }
      }
    ]
  })),
  {
    name: 'array, RegExp, once and many listeners',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {string[]} */
      const log = [];
      connection.on(['a', 'b'], (/** @type {any} */ message) => log.push(`array ${message.name}`));
      connection.on(/^a/, (/** @type {any} */ message) => log.push(`regexp ${message.name}`));
      connection.once('a', () => log.push('once'));
      connection.many('b', 2, () => log.push('many'));
      for (const n of ['a', 'b', 'ab', 'a', 'b', 'b']) client.json({ n });
      await client.fence();
      return log;
    },
    expected: [
      ...['array a', 'once', 'regexp a', 'array b', 'many', 'regexp ab', 'array a', 'regexp a'],
      ...['array b', 'many', 'array b']
    ]
  },
  {
    name: 'this inside a listener is its record',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any} */
      let record;
      const handler = function (/** @type {any} */ _message) {
        // @ts-expect-error: `this` is what the emitter makes it
        record = this;
      };
      connection.on('note', handler);
      client.json({ n: 'note' });
      await client.fence();
      return [record.eventName, record.handler === handler, record.event];
    },
    expected: ['note', true, { name: 'note' }]
  },
  {
    name: 'connections, servers and messages emit as documented',
    run: async (context) => {
      const { connection, server } = await context.pair();
      const message = new server.constructor.Message({ name: 'x' });
      return [connection, server, message].map((emitter) => {
        const none = emitter.emit('nothing', 1);
        for (let i = 0; i < 10; i++) emitter.on('ten', () => i);
        return [none, emitter.emit('ten'), attempt(() => emitter.on('ten', () => {})), emitter.listenerCount('ten')];
      });
    },
    expected: Array(3).fill([
      false,
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      { thrown: { name: 'Error', message: 'Max listener count reached for event: ten' } },
      10
    ])
  },
  {
    name: 'a removed listener is called no more',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {number[]} */
      const log = [];
      const handler = (/** @type {any} */ message) => log.push(message.payload);
      connection.on('note', handler);
      client.json({ n: 'note', p: 1 });
      await client.fence();
      connection.removeListener('note', handler);
      client.json({ n: 'note', p: 2 });
      await client.fence();
      return log;
    },
    expected: [1]
  }
];

contract('messages', cases);
