// @ts-check
'use strict';

/** Redis servers for tests: real ones, each with a folder of its own. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Redis: Client } = require('ioredis');
const { reservePort } = require('../../helpers/ports');
const { Program } = require('./program');

/** Where the keys and certificates of the tests are. */
const CERTIFICATES = path.join(__dirname, '../../fixtures/tls');

const HINT = 'install Redis 6.2 or later (Debian: apt-get install redis-server)';

/** How often another port is tried when a program that knows of no reservations has taken the first. */
const ATTEMPTS = 5;

/**
 * @typedef {object} RedisOptions
 * @property {boolean} [socket] Listens on a Unix domain socket in its folder instead of a port.
 * @property {boolean} [tls] Speaks TLS alone, with the certificate `server.pem` of the tests.
 * @property {string} [password] Of the user `default`.
 * @property {string} [acl] Rules of the only other user, e.g. `~line:* &line:* +@all`; see {@link USER}.
 * @property {boolean} [appendonly] Writes everything to disk at once, so that its data outlives it.
 * @property {Record<string, string | number>} [config] Other directives of `redis.conf`.
 */

/** The user that the option `acl` adds. */
const USER = { name: 'line', password: 'secret of line' };

class Redis {
  /** @type {Program | undefined} */
  #program;
  /** For {@link command}. @type {import('ioredis').Redis | undefined} */
  #client;
  #options;

  /**
   * Starts a server that ends with the test.
   * @param {import('./program').Owner} owner
   * @param {RedisOptions} [options]
   * @returns {Promise<Redis>}
   */
  static async start(owner, options = {}) {
    const redis = new Redis(options);
    owner.defer(() => redis.remove());
    for (let attempt = 1; ; attempt += 1) {
      redis.port = options.socket ? 0 : await reservePort();
      try {
        await redis.start();
        return redis;
      } catch (error) {
        if (attempt === ATTEMPTS || !/Address already in use/.test(/** @type {Error} */ (error).message)) throw error;
      }
    }
  }

  /**
   * @private
   * @param {RedisOptions} options
   */
  constructor(options) {
    this.#options = options;
    /** 0 when it listens on a socket. */
    this.port = 0;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-redis-'));
    this.socket = path.join(this.folder, 'redis.sock');
  }

  /** The path of its configuration file. */
  get file() {
    return path.join(this.folder, 'redis.conf');
  }

  get pid() {
    return this.#running.pid;
  }

  get isRunning() {
    return this.#program?.isRunning ?? false;
  }

  /** What it has logged. */
  get log() {
    return this.#program?.output ?? '';
  }

  /** Where applications connect, with the credentials of the user that the options ask for. */
  get url() {
    const { acl, password, socket, tls } = this.#options;
    const [name, secret] = acl === undefined ? ['', password] : [USER.name, USER.password];
    if (socket) return `unix://${this.socket}${secret === undefined ? '' : `?${new URLSearchParams({ ...(name && { user: name }), password: secret })}`}`;
    const credentials = secret === undefined ? '' : `${name}:${encodeURIComponent(secret)}@`;
    return `${tls ? 'rediss' : 'redis'}://${credentials}127.0.0.1:${this.port}`;
  }

  get #running() {
    if (this.#program === undefined) throw new Error('this Redis has not been started');
    return this.#program;
  }

  #config() {
    const { acl, appendonly, config = {}, password, socket, tls } = this.#options;
    const listen = tls ? 'tls-port' : 'port';
    /** @type {(string | undefined)[]} */
    const lines = [
      `dir ${this.folder}`,
      'daemonize no',
      'bind 127.0.0.1',
      // Tests connect through proxies and as any user.
      'protected-mode no',
      // Nothing is written to disk unless a test asks for it.
      'save ""',
      tls && 'port 0',
      socket ? `port 0\nunixsocket ${this.socket}` : `${listen} ${this.port}`,
      tls && ['cert-file server.pem', 'key-file server.key', 'ca-cert-file ca.pem'].map((rule) => `tls-${rule.replace(' ', ` ${CERTIFICATES}/`)}`).join('\n'),
      tls && 'tls-auth-clients no',
      appendonly && 'appendonly yes\nappendfsync always',
      password && `requirepass "${password}"`,
      acl && `user ${USER.name} on "${`>${USER.password}`}" ${acl}`,
      ...Object.entries(config).map(([name, value]) => `${name} ${value}`),
    ].map((line) => line || undefined);
    return lines.filter((line) => line !== undefined).join('\n');
  }

  /** Starts it again, on the same port and in the same folder. */
  async start() {
    fs.writeFileSync(this.file, `${this.#config()}\n`);
    await this.launch(['redis-server', this.file], /ready to accept connections/i);
  }

  /**
   * @protected
   * @param {string[]} command
   * @param {RegExp} ready What it writes when it is ready.
   */
  async launch(command, ready) {
    this.#program = new Program(command, HINT);
    await this.#program.says(ready);
  }

  /** Lets it end in order: it answers what it has read. */
  async stop() {
    this.#disconnect();
    if (this.isRunning) await this.#running.terminate();
  }

  /** Ends it at once. */
  async kill() {
    this.#disconnect();
    if (this.isRunning) await this.#running.kill();
  }

  /** Stops it, so that it is silent and its connections stay, until {@link resume}. */
  async pause() {
    await this.#running.pause();
  }

  resume() {
    this.#running.resume();
  }

  /**
   * Ends it at once, and starts it again.
   * @param {object} [how]
   * @param {boolean} [how.keepData] Whether it still has its data, which needs the option `appendonly`.
   */
  async restart({ keepData = false } = {}) {
    if (keepData && !this.#options.appendonly) throw new Error('keepData needs the option appendonly');
    await this.kill();
    if (!keepData) this.wipe();
    await this.start();
  }

  /** Removes its data from the disk. */
  wipe() {
    for (const name of ['appendonlydir', 'dump.rdb']) fs.rmSync(path.join(this.folder, name), { recursive: true, force: true });
  }

  /**
   * A connection of the user `default` that may do everything. It ends with {@link remove} or {@link stop}.
   * @param {import('ioredis').RedisOptions} [options]
   * @returns {import('ioredis').Redis}
   */
  connect(options = {}) {
    const { password, socket, tls } = this.#options;
    const where = socket ? { path: this.socket } : { host: '127.0.0.1', port: this.port };
    const secure = tls ? { tls: { ca: fs.readFileSync(path.join(CERTIFICATES, 'ca.pem')) } } : {};
    // A test that has lost the server is told at once.
    const client = new Client({ ...where, ...secure, password, retryStrategy: null, ...options });
    client.on('error', () => {});
    return client;
  }

  /**
   * Sends a command, as the user `default`, and waits for its answer.
   * @param {string} name
   * @param {...(string | number | Buffer)} args
   * @returns {Promise<any>}
   */
  command(name, ...args) {
    if (this.#client === undefined || this.#client.status === 'end') this.#client = this.connect();
    return this.#client.call(name, ...args);
  }

  /**
   * Cuts the connections of a kind.
   * @param {'normal' | 'pubsub' | 'replica'} type
   * @returns {Promise<number>} How many there were.
   */
  clientKill(type) {
    return this.command('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
  }

  /**
   * @param {string} section of `INFO`
   * @returns {Promise<Record<string, string>>}
   */
  async info(section) {
    const text = await this.command('INFO', section);
    return Object.fromEntries([...text.matchAll(/^(\w+):(.*)\r$/gm)].map(([, name, value]) => [name, value]));
  }

  #disconnect() {
    this.#client?.disconnect();
    this.#client = undefined;
  }

  /** Ends it, and removes its folder. */
  async remove() {
    await this.kill();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

module.exports = { Redis, HINT, USER };
