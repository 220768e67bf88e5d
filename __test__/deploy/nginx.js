// @ts-check
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { fixture } = require('../helpers/tls');
const { reservePort } = require('../helpers/ports');
const { changed, folderFor, read, runProgram } = require('./proxy');

const CONFIG = read('nginx.conf');

/**
 * Runs nginx with `docs/deploy/nginx.conf` before a server.
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} target Port of the server.
 * @param {[from: string, to: string][]} [changes] Further ones.
 * @returns {Promise<{plain: number, secure: number}>} Its ports.
 */
async function startNginx(scene, target, changes = []) {
  const folder = folderFor(scene);
  fs.writeFileSync(path.join(folder, 'key.pem'), fixture('server.key'));
  fs.writeFileSync(path.join(folder, 'cert.pem'), fixture('server.pem'));
  const [plain, secure] = [await reservePort(), await reservePort()];
  const site = changed('nginx.conf', [
    ['127.0.0.1:3000', `127.0.0.1:${target}`],
    ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['listen 443 ssl;', `listen 127.0.0.1:${secure} ssl;`],
    ['/etc/letsencrypt/live/example.org/fullchain.pem', `${folder}/cert.pem`],
    ['/etc/letsencrypt/live/example.org/privkey.pem', `${folder}/key.pem`],
    ...changes,
  ]);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  fs.writeFileSync(
    path.join(folder, 'nginx.conf'),
    // One process, of this user, that ends with the signal it gets.
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr; events {}
     http { access_log off; ${temporary.join(' ')} ${site} }`,
  );
  const args = ['-p', folder, '-c', path.join(folder, 'nginx.conf')];
  await runProgram(scene, 'nginx', args, { port: secure, from: 'nginx-light' });
  return { plain, secure };
}

module.exports = { CONFIG, startNginx };
