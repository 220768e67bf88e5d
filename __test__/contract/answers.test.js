// @ts-check
'use strict';

/** Contract section 3: answers that fail, or that are given while they are written. */

const { contract, CRASHES, ABSENT } = require('../helpers/contract');
const { attempt, describeError } = require('../helpers/observe');
const { delay, until } = require('../helpers/timing');
const { kNative, kUnanswered } = require('../../lib/symbols.js');

/** An error that can be stringified, but not with its properties, with which errors travel. */
class RequestError extends Error {
  /** @param {any} request */
  constructor(request) {
    super('x');
    this.request = request;
  }

  toJSON() {
    return { message: this.message };
  }
}

/** @param {any} value which need be no error */
function raise(value) {
  throw value;
}

const circular = () => {
  /** @type {any} */
  const value = {};
  value.self = value;
  return value;
};

/**
 * Sends one request with id `1`, and returns what was reported to `_error` and sent to the client.
 *
 * @param {import('../helpers/context').Context} context
 * @param {(message: any, connection: any) => unknown} handler
 * @param {string} [text]
 */
async function asked(context, handler, text = '{"n":"ask","i":"1"}') {
  const { client, connection } = await context.pair();
  /** @type {any[]} */
  const log = [];
  connection.on('_error', (/** @type {any} */ error) => log.push(describeError(error)));
  connection.on('ask', (/** @type {any} */ message) => handler(message, connection));
  const before = client.texts.length;
  client.text(text);
  await client.fence();
  await delay(20);
  await client.fence();
  return { log, texts: client.texts.slice(before).filter((each) => !each.includes('"fence')) };
}

/** Payload of an answer that is not gathered with others. */
const LONG = 'x'.repeat(3000);

/** Strings that differ in how they are read and written, as payloads of answers that are given together. */
const STRINGS = ['a', 'é', '€', '\u{1f600}', '"\\\n', '', '\ufffd', '\ud83d', '\ude00', '\ud83d"\ude00é', 'x'.repeat(2048), LONG];

/**
 * Sends one request for each answer, which are given together when the last has come.
 * @param {import('../helpers/context').Context} context
 * @param {((message: any) => unknown)[]} answers
 */
async function answeredTogether(context, answers) {
  const { client, connection } = await context.pair();
  /** @type {any[]} */
  const messages = [];
  connection.on('ask', (/** @type {any} */ message) => {
    messages.push(message);
    if (messages.length === answers.length) messages.forEach((each, index) => answers[index](each));
  });
  const before = client.texts.length;
  answers.forEach((_, index) => client.text(`{"n":"ask","i":"${index}é"}`));
  await client.fence();
  return client.texts.slice(before).filter((each) => !each.includes('"fence'));
}

/** What cannot be answered with, and how. */
const FAILING = {
  'resolve with a BigInt': (/** @type {any} */ message) => message.resolve(1n),
  'resolve with a circular value': (/** @type {any} */ message) => message.resolve(circular()),
  'resolve with a toJSON that throws undefined': (/** @type {any} */ message) =>
    message.resolve({ toJSON: () => raise(undefined) }),
  'reject with a circular value': (/** @type {any} */ message) => message.reject(circular()),
  'reject with an error that has a BigInt': (/** @type {any} */ message) =>
    message.reject(Object.assign(new Error('x'), { big: 1n }))
};

/** Where a handler answers. @type {Record<string, (answer: () => unknown) => unknown>} */
const MOMENTS = {
  'at once': (answer) => answer(),
  'in an async function': async (answer) => answer(),
  'after an await': async (answer) => {
    await delay(2);
    answer();
  },
  'in an async function that it awaits': async (answer) => {
    await (async () => answer())();
  },
  'in a timer': (answer) => void setTimeout(answer, 2),
  'in a timer, once its promise is fulfilled': async (answer) => void setTimeout(answer, 2)
};

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  ...Object.entries({ circular: circular(), 'a BigInt': { big: 1n } }).map(([what, request]) => ({
    name: `reject with an error whose toJSON hides what is ${what} is reported as cMessageNotResponded`,
    run: async (/** @type {import('../helpers/context').Context} */ context) => {
      const { log, texts } = await asked(context, (message) => message.reject(new RequestError(request)));
      return { log: log.map(({ code, payload }) => [code, payload.name]), texts };
    },
    expected: { log: [['cMessageNotResponded', 'TypeError']], texts: [] }
  })),
  {
    name: 'a message whose answer could not be written can still be answered',
    run: (context) =>
      asked(context, (message) => {
        for (const [, answer] of Object.entries(FAILING)) attempt(() => answer(message));
        message.reject(new RequestError(circular()));
        message.reject('no');
      }).then(({ texts }) => texts),
    original: CRASHES,
    ours: ['{"n":"_r","i":"1","e":"no"}']
  },
  ...['resolve', 'reject'].map((method) => ({
    name: `${method}: a failure of the core leaves the message unanswered, and it can be answered again`,
    run: async (/** @type {import('../helpers/context').Context} */ context) => {
      /** @type {unknown[]} */
      const log = [];
      const { texts } = await asked(context, (message, connection) => {
        const { [kNative]: native } = connection.server;
        const { respond, send } = native;
        native.respond = native.send = () => raise(new RangeError('injected'));
        log.push(attempt(() => message[method](LONG)), connection[kUnanswered], message.isResponded_);
        Object.assign(native, { respond, send });
        message[method](2);
        log.push(connection[kUnanswered], message.isResponded_);
      });
      return { log, texts };
    },
    original: ABSENT,
    ours: {
      log: [{ thrown: { name: 'RangeError', message: 'injected' } }, 1, false, 0, true],
      texts: [method === 'resolve' ? '{"n":"_r","p":2,"i":"1","e":null}' : '{"n":"_r","i":"1","e":2}']
    }
  })),
  ...[STRINGS, STRINGS.filter((each) => each.isWellFormed?.() ?? !/[\ud800-\udfff]/.test(each)), ['a', 'b"', '']].map(
    (strings, index) => ({
      name: `answers that are given together have their own payloads and ids, ${index}`,
      run: (/** @type {import('../helpers/context').Context} */ context) =>
        answeredTogether(context, strings.flatMap((each) => [
          (message) => message.resolve(each),
          (message) => message.resolve([each]),
          (message) => message.resolve(),
          (message) => message.resolve(each.length)
        ])),
      expected: strings.flatMap((each, place) =>
        [each, [each], undefined, each.length].map((p, form) => JSON.stringify({ n: '_r', p, i: `${place * 4 + form}é`, e: null })))
    })
  ),
  {
    name: 'what is sent after an answer arrives after it',
    run: async (context) => {
      const { client, connection, server } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => {
        message.resolve(1);
        if (message.payload === 'last') connection.close(4001);
        else if (message.payload === 'broadcast') server.broadcast('after');
        else connection.sendWithoutResponse('after');
      });
      const before = client.texts.length;
      for (const [index, p] of ['send', 'broadcast', 'last'].entries()) client.text(JSON.stringify({ n: 'ask', p, i: `${index}` }));
      await client.closed();
      return client.texts.slice(before);
    },
    expected: [
      '{"n":"_r","p":1,"i":"0","e":null}',
      '{"n":"after"}',
      '{"n":"_r","p":1,"i":"1","e":null}',
      '{"n":"after"}',
      '{"n":"_r","p":1,"i":"2","e":null}'
    ]
  },
  {
    name: 'an answer that was given counts among the bytes that wait',
    run: async (context) => {
      let waiting = [0, 0];
      await asked(context, (message, connection) => {
        const before = connection.bufferedAmount;
        message.resolve('four');
        waiting = [before, connection.bufferedAmount];
      });
      return waiting;
    },
    original: ABSENT,
    ours: [0, '{"n":"_r","p":"four","i":"1","e":null}'.length + 2]
  },
  {
    name: 'an error travels with its properties, not by its toJSON',
    run: async (context) => (await asked(context, (message) => message.reject(new RequestError({ a: 1 })))).texts,
    expected: ['{"n":"_r","i":"1","e":{"name":"Error","message":"x","request":{"a":1}}}']
  },
  {
    name: 'reject with nothing, and with values that are no error',
    run: async (context) => {
      const texts = [];
      for (const value of [undefined, () => {}, null, 0, { toJSON: (/** @type {string} */ key) => ({ key }) }]) {
        texts.push(...(await asked(context, (message) => message.reject(value))).texts);
      }
      return texts;
    },
    expected: ['', '', ',"e":null', ',"e":0', ',"e":{"key":"e"}'].map((e) => `{"n":"_r","i":"1"${e}}`)
  },
  ...['resolve', 'reject'].flatMap((outer) =>
    ['resolve', 'reject'].map((inner) => ({
      name: `${outer} with a value whose toJSON calls ${inner}: one answer, and the outer call throws`,
      run: async (/** @type {import('../helpers/context').Context} */ context) => {
        /** @type {any} */
        let result;
        const { texts } = await asked(context, (message) => {
          let calls = 0;
          const toJSON = () => {
            if ((calls += 1) === 1) message[inner]('inner');
            return 'outer';
          };
          result = attempt(() => message[outer]({ toJSON }));
        });
        return { result, texts };
      },
      original: ABSENT,
      ours: {
        result: { thrown: { code: 'mAlreadyResponded' } },
        texts: [inner === 'resolve' ? '{"n":"_r","p":"inner","i":"1","e":null}' : '{"n":"_r","i":"1","e":"inner"}']
      }
    }))
  ),
  {
    name: 'answers inside toJSON leave the count of unanswered requests right: a drain ends',
    run: async (context) => {
      const { client, connection, server } = await context.pair();
      /** @type {any} */
      let last;
      connection.on('ask', (/** @type {any} */ message) => {
        attempt(() => message.resolve({ toJSON: () => message.resolve(1) }));
        attempt(() => message.reject({ toJSON: () => message.resolve(2) }));
      });
      connection.on('wait', (/** @type {any} */ message) => (last = message));
      for (const i of ['1', '2', '3']) client.json({ n: 'ask', i });
      client.json({ n: 'wait', i: '4' });
      await until(() => last, 'asked');
      const start = performance.now();
      const stopped = server.stop({ drain: 20_000 });
      await delay(50);
      const stillOpen = connection.state;
      last.resolve('late');
      await stopped;
      return [stillOpen, performance.now() - start < 10_000, client.texts.some((text) => text.includes('"late"'))];
    },
    original: ABSENT,
    ours: ['connected', true, true]
  },
  ...Object.entries(FAILING).flatMap(([what, answer]) =>
    Object.entries(MOMENTS).map(([when, at]) => ({
      name: `${what}, ${when}, with nobody catching: reported as mInvalidJson`,
      run: async (/** @type {import('../helpers/context').Context} */ context) => {
        const { log, texts } = await asked(context, (message) => at(() => answer(message)));
        return { codes: log.map(({ code }) => code), texts };
      },
      original: CRASHES,
      ours: { codes: ['mInvalidJson'], texts: [] }
    }))
  ),
  ...['at once', 'in an async function', 'after an await'].flatMap((when) =>
    ['resolve', 'reject'].map((method) => ({
      name: `${method} with a circular value, ${when}, throws mInvalidJson to the handler, which may answer otherwise`,
      run: (/** @type {import('../helpers/context').Context} */ context) =>
        asked(context, (message) =>
          MOMENTS[when](() => {
            const { thrown } = /** @type {any} */ (attempt(() => message[method](circular())));
            message.reject(thrown.code);
          })
        ),
      expected: { log: [], texts: ['{"n":"_r","i":"1","e":"mInvalidJson"}'] }
    }))
  ),
  ...['', ',"i":"1"'].flatMap((id) => [
    {
      name: `a rejection that the application handles may be returned by a handler (id ${id || 'absent'})`,
      run: async (/** @type {import('../helpers/context').Context} */ context) => {
        /** @type {string[]} */
        const handled = [];
        const { log } = await asked(
          context,
          () => {
            const work = delay(1).then(() => Promise.reject(new Error('mine')));
            work.catch((error) => handled.push(error.message));
            return work;
          },
          `{"n":"ask"${id}}`
        );
        return { handled, log };
      },
      expected: { handled: ['mine'], log: [] }
    },
    {
      name: `a rejection that nobody handles is the application's (id ${id || 'absent'})`,
      run: (/** @type {import('../helpers/context').Context} */ context) =>
        asked(context, () => delay(1).then(() => Promise.reject(new Error('mine'))), `{"n":"ask"${id}}`),
      original: CRASHES,
      ours: CRASHES
    },
    {
      name: `what a handler returns is not awaited: a thenable is left alone (id ${id || 'absent'})`,
      run: async (/** @type {import('../helpers/context').Context} */ context) => {
        let calls = 0;
        await asked(context, () => ({ then: () => (calls += 1) }), `{"n":"ask"${id}}`);
        return calls;
      },
      expected: 0
    }
  ]),
  {
    name: 'a rejection of its own, handled elsewhere, of a handler that caught mMissingId: not unhandled',
    run: async (context) => {
      const { log } = await asked(
        context,
        (message) => {
          const work = (async () => {
            attempt(() => message.resolve(1));
            await delay(1);
            throw new Error('mine');
          })();
          work.catch(() => {});
          return work;
        },
        '{"n":"ask"}'
      );
      return log.map(({ code, payload }) => [code, payload?.message]);
    },
    original: ABSENT,
    ours: [['cMessageNotResponded', 'mine']]
  },
  ...Object.entries(FAILING).flatMap(([what, answer]) =>
    ['at once', 'after an await', 'in a timer'].map((when) => ({
      name: `a handshake: ${what}, ${when}, is reported as mInvalidJson, and it can be rejected`,
      run: async (/** @type {import('../helpers/context').Context} */ context) => {
        /** @type {any[]} */
        const log = [];
        const { port } = await context.serve({ handshakeTimeout: 0 }, (server) => {
          server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
            connection.on('_error', (/** @type {any} */ error) => {
              log.push(error.code, connection.state);
              handshake.reject('no');
            });
            return MOMENTS[when](() => answer(handshake));
          });
        });
        const client = await context.open(port);
        const { text } = await client.handshake();
        return { log, text, code: (await client.ended).code };
      },
      original: CRASHES,
      ours: { log: ['mInvalidJson', 'awaitingHandshake'], text: '{"n":"_r","i":"hs","e":"no"}', code: 4203 }
    }))
  ),
  {
    name: 'a handshake rejected with an error that cannot be written is closed with 4203',
    run: async (context) => {
      const { port } = await context.serve({ handshakeTimeout: 0 }, (server) => {
        server.on('handshake', (/** @type {any} */ _, /** @type {any} */ handshake) => handshake.reject(new RequestError(circular())));
      });
      const client = await context.open(port);
      client.json({ n: '_h', i: 'hs' });
      const { code, reason } = await client.ended;
      return { code, reason, texts: client.texts };
    },
    expected: { code: 4203, reason: 'Handshake rejected', texts: [] }
  },
  {
    name: 'a handshake whose connection id can no longer be written is not resolved',
    run: async (context) => {
      /** @type {any[]} */
      const log = [];
      const { port } = await context.serve({ handshakeTimeout: 0 }, (server) => {
        server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
          /** @type {any} */
          const id = { toString: () => 'mine' };
          connection.setId(id);
          id.self = id;
          log.push(attempt(() => handshake.resolve()), connection.state);
          handshake.reject('no');
        });
      });
      const client = await context.open(port);
      await client.handshake();
      return { log, texts: client.texts };
    },
    original: ABSENT,
    ours: {
      log: [{ thrown: { code: 'mInvalidJson' } }, 'awaitingHandshake'],
      texts: ['{"n":"_r","i":"hs","e":"no"}']
    }
  },
  {
    name: 'send, sendWithoutResponse and broadcast with what can be written once only: the text is that once',
    run: async (context) => {
      const { client, connection, server } = await context.pair();
      /** @param {string} text */
      const once = (text) => {
        let calls = 0;
        return {
          toJSON: () => {
            if ((calls += 1) > 1) throw new Error('twice');
            return text;
          }
        };
      };
      server.broadcast('b', once('broadcast'));
      connection.send('s', once('send')).catch(() => {});
      await connection.sendWithoutResponse('w', once('without'));
      await client.fence();
      return client.texts.slice(1, -1).map((text) => JSON.parse(text).p);
    },
    original: ABSENT,
    ours: ['broadcast', 'send', 'without']
  },
  {
    name: 'send, sendWithoutResponse and broadcast with a toJSON that throws what is no error',
    run: async (context) => {
      const { connection, server } = await context.pair();
      const results = [];
      for (const thrown of [undefined, null, 'text', Symbol('x')]) {
        const value = { toJSON: () => raise(thrown) };
        results.push(await connection.send('s', value).catch(describeError));
        results.push(await connection.sendWithoutResponse('s', value).catch(describeError));
        results.push(attempt(() => server.broadcast('s', value)).thrown);
      }
      return results.map(({ code }) => code);
    },
    expected: Array(4).fill(['scInvalidJson', 'scInvalidJson', 'mInvalidJson']).flat()
  },
  {
    name: 'a message made with an error that cannot travel throws mInvalidJson',
    run: async (context) => {
      const { Message } = context.Server;
      return attempt(() => new Message({ name: 'x', err: new RequestError(circular()) }).createResponse(null));
    },
    original: ABSENT,
    ours: { thrown: { code: 'mInvalidJson' } }
  }
];

contract('answers', cases);
