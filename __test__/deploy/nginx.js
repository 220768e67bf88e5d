// @ts-check
'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { fixture } = require('../helpers/tls');
const { reservePort } = require('../helpers/ports');
const { until } = require('../helpers/timing');

const CONFIG = fs.readFileSync(path.join(__dirname, '../../docs/deploy/nginx.conf'), 'utf8');

/** Debian has it where only root's PATH leads. */
const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** @param {number} port */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

/**
 * The configuration with other ports and certificates, each of which must be in it.
 * @param {[from: string, to: string][]} changes
 */
function changed(changes) {
  return changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `"${from}" in nginx.conf`);
    return text.replace(from, to);
  }, CONFIG);
}

/**
 * Runs nginx with `docs/deploy/nginx.conf` before a server.
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} target Port of the server.
 * @param {[from: string, to: string][]} [changes] Further ones.
 * @returns {Promise<{plain: number, secure: number}>} Its ports.
 */
async function startNginx(scene, target, changes = []) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-nginx-'));
  scene.defer(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.writeFileSync(path.join(folder, 'key.pem'), fixture('server.key'));
  fs.writeFileSync(path.join(folder, 'cert.pem'), fixture('server.pem'));
  const [plain, secure] = [await reservePort(), await reservePort()];
  const site = changed([
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
  const nginx = spawn('nginx', args, { env: ENV, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  nginx.stderr.on('data', (data) => (log += data));
  /** @type {string | undefined} */
  let end;
  const ended = new Promise((resolve) => {
    nginx.once('error', (error) => resolve((end = `${error.message}: install nginx (Debian: apt-get install nginx-light)`)));
    nginx.once('close', (code) => resolve((end = `nginx ended with code ${code}: ${log}`)));
  });
  scene.defer(() => {
    nginx.kill('SIGKILL');
    return ended;
  });
  await until(async () => {
    if (end !== undefined) throw new Error(end);
    return isListening(secure);
  }, 'nginx');
  return { plain, secure };
}

module.exports = { CONFIG, startNginx };
