// @ts-check
'use strict';

/**
 * A well-behaved client. Argument: the port. Reports `in` once its handshake is done; on the message
 * `tell` how many `news` have come, and whether in the order of their numbers; and how its connection
 * ended.
 */

const { RawClient } = require('../../helpers/raw-client');
const { report } = require('../support/report');

async function main() {
  const client = await RawClient.open({ port: Number(process.argv[2]) });
  let news = 0;
  let inOrder = true;
  let last = -1;
  /** What it does with a message. @type {Record<string, (message: any) => void>} */
  const handlers = {
    _p: ({ i }) => client.json({ n: '_r', p: 'pong', i, e: null }),
    question: ({ p, i }) => client.json({ n: '_r', p, i, e: null }),
    news: ({ p: [number] }) => {
      news += 1;
      inOrder &&= number > last;
      last = number;
    },
    tell: () => report({ news, inOrder }),
  };
  await client.handshake();
  client.on('frame', (frame) => {
    // The end of the connection is announced without a frame.
    if (frame === undefined || frame.opcode !== 1) return;
    client.frames.length = 0;
    const message = JSON.parse(frame.text);
    handlers[message.n]?.(message);
  });
  report('in');
  const close = new Promise((resolve) => {
    client.on('frame', (frame) => {
      if (frame?.opcode === 8) resolve(frame.payload.readUInt16BE(0));
    });
    client.ended.then(() => resolve(null));
  });
  report({ closed: await close });
}

main();
