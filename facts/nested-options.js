// @ts-check
'use strict';

/**
 * What options of a server have in them, when they are objects.
 * @typedef {object} Option
 * @property {string} name
 * @property {'ms' | 'bytes' | 'integer' | 'boolean' | 'choice' | 'string' | 'object' | 'other'} kind What it is. An `object`
 *   has a list of its own here, by its name; what an `other` must be is checked in `lib/options`.
 * @property {number} [least] Of a number.
 * @property {number} [most] Of a number.
 * @property {string[]} [values] Of a choice.
 * @property {string} [why] Reason why a choice has no other values.
 * @property {boolean} [isRequired] There is no default.
 * @property {any} [initial] What holds when it is not given.
 * @property {string} [otherwise] The same in words, where it is no value.
 * @property {string} [shown] The type in the table of the documentation, where the kind does not say it.
 * @property {string} [type] The type in TypeScript, where the kind does not say it.
 * @property {string} doc What it is, as the middle of a sentence.
 * @property {string} [details] More than that, for the types: whole sentences, instead of `doc`.
 */

/** Bytes that zlib makes at a time: the limit is ours, and a megabyte is enough. */
const CHUNK = { least: 64, most: 1024 * 1024 };

/** By the name of the option that has them. @type {Record<string, Option[]>} */
module.exports = {
  tls: [
    {
      name: 'key', kind: 'other', isRequired: true, shown: 'PEM, or `{ pem, passphrase }`, or a list', type: 'Pem | EncryptedKey | readonly (Pem | EncryptedKey)[]',
      doc: 'private key: RSA of 2048 to 8192 bits, P-256, P-384 or Ed25519',
      details: 'Private key: RSA of 2048 to 8192 bits, P-256, P-384 or Ed25519. Several when there are several certificates, in any order.',
    },
    {
      name: 'cert', kind: 'other', isRequired: true, shown: 'PEM, or a list', type: 'Pem | readonly Pem[]',
      doc: 'certificate, followed by those of its issuers; several of different algorithms, each with its key: each client gets one that it supports',
      details: 'Certificate, followed by those of its issuers in the same text. Several, of different algorithms: a client gets the first whose algorithm it supports, elliptic curves before RSA.',
    },
    {
      name: 'ca', kind: 'other', shown: 'PEM, or a list', type: 'Pem | readonly Pem[]',
      doc: 'certificates of the authorities that sign for clients; needed with `requestCert`, unless `rejectUnauthorized` is false',
      details: 'Certificates of the authorities that sign for clients; needed with `requestCert`, unless `rejectUnauthorized` is false.',
    },
    { name: 'passphrase', kind: 'string', doc: 'decrypts the key', details: 'Decrypts the private key.' },
    {
      name: 'minVersion', kind: 'choice', values: ['TLSv1.2', 'TLSv1.3'], why: 'older versions are not secure', initial: 'TLSv1.2',
      doc: 'the oldest version accepted', details: 'Oldest version accepted; the newest is TLS 1.3.',
    },
    {
      name: 'alpnProtocols', kind: 'other', otherwise: 'none: what clients offer is ignored', shown: 'list of strings', type: 'readonly string[]',
      doc: 'application protocols; a client that offers only others is refused',
      details: 'Application protocols in order of preference (ALPN), such as `http/1.1`. A client that offers only others is refused.',
    },
    { name: 'requestCert', kind: 'boolean', initial: false, doc: 'asks clients for a certificate' },
    {
      name: 'rejectUnauthorized', kind: 'boolean', initial: true,
      doc: 'with `requestCert`: refuses clients without a valid certificate signed by one of `ca`',
      details: 'With `requestCert`: whether clients without a certificate that is valid and signed by one of `ca` are refused. When they are not, `authorized` of the connection tells whether the certificate is valid.',
    },
  ],
  history: [
    { name: 'size', kind: 'integer', least: 1, isRequired: true, doc: 'messages kept', details: 'Messages kept, 1 or more.' },
    {
      name: 'ttl', kind: 'ms', least: 1, isRequired: true,
      doc: 'how long a message is kept, and the history of a room without members',
      details: 'How long a message is kept, and the history of a room without members, in ms; 1 or more.',
    },
    {
      name: 'maxReplay', kind: 'integer', least: 1, initial: 300,
      doc: 'most messages that a client is sent when it comes back; they are at most 1 MiB in any case. A client that has missed more recovers none of them',
      details: 'Most messages that a client is sent when it comes back; one that has missed more recovers none of them.',
    },
    {
      name: 'whenDown', kind: 'choice', values: ['wait', 'local'], initial: 'wait',
      doc: 'what happens to messages while servers that are joined together have lost each other; without such servers it makes no difference',
      details: 'What happens to messages while servers that are joined together have lost each other: `wait` keeps them, in order, until they are back; `local` sends them to clients of this server at once, without a position. Without such servers it makes no difference.',
    },
  ],
  presence: [
    {
      name: 'leaveDelay', kind: 'ms', least: 0, initial: 5000,
      doc: 'how long a member stays that has lost its connection: one that comes back with the same id meanwhile was never gone',
      details: 'Milliseconds that a member stays that has lost its connection; 0 is not at all. One that comes back with the same id meanwhile was never gone. A member that leaves by `leaveRoom` leaves at once.',
    },
    {
      name: 'events', kind: 'choice', values: ['each', 'batched', 'none'], initial: 'batched',
      doc: "what listeners are told. `'each'`: every join and leave, in order. `'batched'`: what has changed in 100 ms; in rooms of more than 1,000 members only numbers. `'none'`: nothing",
      details: "What listeners are told. `'each'`: every join and leave, in order. `'batched'`: what has changed in 100 ms, without members that came and went in that time; in a room of more than 1,000 members only the numbers of `change`. `'none'`: nothing.",
    },
  ],
  perMessageDeflate: [
    {
      name: 'serverNoContextTakeover', kind: 'boolean', initial: true,
      doc: '`false`: a message may refer to those before it (context takeover), unless the client asks for the opposite. This makes small similar messages much smaller',
      details: '`false`: a message of the server may refer to those before it (context takeover), unless the client asks for the opposite. Messages are smaller, for about 300 KB of memory a connection. `true`: each message is compressed by itself.',
    },
    {
      name: 'clientNoContextTakeover', kind: 'boolean', initial: true,
      doc: "`false`: the same for the client's messages",
      details: "`false`: the same for the client's messages, for about 40 KB of memory a connection. `true`: the client is told to compress each message by itself.",
    },
    {
      name: 'serverMaxWindowBits', kind: 'other', otherwise: '15, or less if the client asks for that', shown: 'integer, 8 to 15, or boolean', type: 'number | boolean',
      doc: "most bits of the server's window; `false` declines offers that ask for one",
      details: "Most bits of the server's window, 8 to 15: fewer take less memory with context takeover, and make larger messages. `false` declines offers that ask for a window.",
    },
    {
      name: 'clientMaxWindowBits', kind: 'other', otherwise: 'what the client offers', shown: 'integer, 8 to 15, or boolean', type: 'number | boolean',
      doc: "most bits of the client's window; clients that do not accept a limit stay uncompressed. `false` never sets one",
      details: "Most bits of the client's window, 8 to 15; offers of clients that do not accept a limit are declined. `false` never sets one.",
    },
    {
      name: 'threshold', kind: 'bytes', least: 0, initial: 1024,
      doc: 'size from which on a message of the server is compressed',
      details: 'Messages of the server below this many bytes are not compressed.',
    },
    { name: 'level', kind: 'integer', least: -1, most: 9, doc: 'the same as `zlibDeflateOptions.level`' },
    { name: 'memLevel', kind: 'integer', least: 1, most: 9, doc: 'the same as `zlibDeflateOptions.memLevel`' },
    { name: 'zlibDeflateOptions', kind: 'object', type: 'ZlibDeflateOptions', doc: 'how the server compresses' },
    { name: 'zlibInflateOptions', kind: 'object', type: 'ZlibInflateOptions', doc: 'how the server inflates' },
    {
      name: 'concurrencyLimit', kind: 'other', otherwise: 'no limit', shown: 'integer ≥ `ioThreads`', type: 'number',
      doc: 'most messages compressed at the same time; each io thread compresses one at a time, so it is accepted when it is at least `ioThreads`',
      details: 'Most messages compressed at the same time. Each of the `ioThreads` compresses one, so it must not be less than these.',
    },
  ],
  zlibDeflateOptions: [
    {
      name: 'level', kind: 'integer', least: -1, most: 9, initial: -1,
      doc: "0 (no compression) to 9 (smallest); -1 is zlib's choice, which is 6",
    },
    { name: 'memLevel', kind: 'integer', least: 1, most: 9, initial: 8, doc: 'memory for compressing, 1 (least) to 9' },
    {
      name: 'strategy', kind: 'integer', least: 0, most: 4, initial: 0,
      doc: "Node's `zlib.constants.Z_DEFAULT_STRATEGY` (0) to `Z_FIXED` (4)",
    },
    {
      name: 'windowBits', kind: 'integer', least: 8, most: 15, initial: 15,
      doc: 'bits of the window, where no smaller one is agreed on',
      details: 'Bits of the window, 8 to 15, where no smaller one is agreed on.',
    },
    {
      name: 'chunkSize', kind: 'integer', ...CHUNK, initial: 16384,
      doc: 'bytes in which compressed data is made',
      details: 'Bytes in which compressed data is made, 64 to 1,048,576.',
    },
  ],
  zlibInflateOptions: [
    {
      name: 'chunkSize', kind: 'integer', ...CHUNK, initial: 16384,
      doc: 'bytes inflated at a time',
      details: 'Bytes inflated at a time, 64 to 1,048,576.',
    },
  ],
};
