// @ts-check
'use strict';

/** Asks for a shared port, argument 1, where it seems that the system has none; reports the error. */

require('../../lib/binding/native.js');
Object.defineProperty(process, 'platform', { value: 'darwin' });
const { loadNative } = require('../helpers/implementations');
const { report } = require('../process/support/report');

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: process.argv[2], reusePort: true });
server.start().catch((/** @type {any} */ { code, payload }) => report([code, payload.code, payload.syscall]));
