// @ts-check
'use strict';

/** The files of the chat page, over HTTP. */

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { pipeline } = require('node:stream');

const PAGE = path.join(__dirname, 'page');

/** What there is: files by URL, and their types. @type {Record<string, [file: string, type: string]>} */
const FILES = {
  '/': [path.join(PAGE, 'index.html'), 'text/html'],
  '/style.css': [path.join(PAGE, 'style.css'), 'text/css'],
  '/page.mjs': [path.join(PAGE, 'page.mjs'), 'text/javascript'],
  '/client-web.mjs': [require.resolve('../../dist/client-web.mjs'), 'text/javascript'],
};

/** An HTTP server that serves the page. It does not listen yet. */
function createSite() {
  return http.createServer((request, response) => {
    // Not `new URL`, which throws for some of what clients can ask for, such as `//`.
    const [name] = (request.url ?? '').split('?', 1);
    if (!Object.hasOwn(FILES, name)) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
      return;
    }
    const [file, type] = FILES[name];
    response.writeHead(200, {
      'Content-Type': `${type}; charset=utf-8`,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-cache',
    });
    // Not `pipe`: a file that cannot be read, for want of descriptors, ends the response and not the process.
    pipeline(fs.createReadStream(file), response, () => {});
  });
}

module.exports = { createSite };
