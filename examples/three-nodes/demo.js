// @ts-check
'use strict';

/**
 * The chat of `examples/hello` on three nodes that Redis joins, behind nginx: `npm run cluster`. Commands that are typed
 * kill parts of it, and start them again. Everything is on this machine, on free ports and in a temporary folder.
 */

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { Guard } = require('./guard.js');
const { nginxConfig } = require('./nginx.js');
const { Part } = require('./part.js');

const NODES = 3;

const CHAT = path.join(__dirname, '../hello/server.js');

/** Programs that are not ours, and where to get them. @type {Record<string, string>} */
const NEEDED = {
  'redis-server': 'Redis 6.2 or later (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis)',
  nginx: 'nginx (Debian, Ubuntu: apt-get install nginx-light; macOS: brew install nginx)',
};

/** Debian has nginx where only root's PATH leads. */
const PATH = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'].join(path.delimiter);

const COMMANDS = `Commands:
  kill NAME    ends a part at once, by SIGKILL: "kill 2" a node, "kill redis", "kill nginx"
  stop NAME    ends it in order: a node asks its clients to go elsewhere
  start NAME   starts it again
  list         what runs
  quit         ends everything, as Ctrl-C does`;

/** What the user can repair; its message says how. */
class DemoError extends Error {}

/** @param {string} program */
function isInstalled(program) {
  return PATH.split(path.delimiter).some((folder) => {
    try {
      fs.accessSync(path.join(folder, program), fs.constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/** @throws {DemoError} */
function checkPrograms() {
  const missing = Object.keys(NEEDED).filter((program) => !isInstalled(program));
  if (missing.length === 0) return;
  const lines = missing.map((program) => `${program} was not found: install ${NEEDED[program]}`);
  throw new DemoError(lines.join('\n'));
}

/**
 * @param {number} count
 * @returns {Promise<number[]>} Ports that are free now.
 */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
    return server;
  }));
  const ports = servers.map((server) => /** @type {net.AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

class Demo {
  /** By the names that commands use. @type {Map<string, Part>} */
  #parts = new Map();
  /** @type {Guard | undefined} */
  #guard = undefined;
  /** For the files of all parts. @type {string | undefined} */
  #folder = undefined;
  /** Whether everything is to end. */
  isEnding = false;

  /**
   * @param {string} folder
   * @param {string} key What commands call it.
   * @param {string} name
   * @param {number} port
   * @param {string[]} command
   * @param {Record<string, string>} [env]
   */
  #add(folder, key, name, port, command, env) {
    const onEnd = (/** @type {string} */ how) => {
      if (!this.isEnding) console.log(`${name} has ended (${how}); "start ${key}" starts it again`);
    };
    const log = path.join(folder, `${name.replace(' ', '-')}.log`);
    const guard = (this.#guard ??= new Guard(folder));
    this.#parts.set(key, new Part({ name, port, command, env: { ...process.env, PATH, ...env }, log, guard, onEnd }));
  }

  async start() {
    const [redis, site, ...nodes] = await freePorts(NODES + 2);
    if (this.isEnding) return;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-three-nodes-'));
    this.#folder = folder;
    const config = path.join(folder, 'nginx.conf');
    fs.writeFileSync(config, nginxConfig({ folder, port: site, targets: nodes }));
    // Messages are written to disk before they are answered: a Redis that is killed has lost nothing.
    const options = { port: redis, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'yes', 'maxmemory-policy': 'noeviction' };
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#add(folder, 'redis', 'redis', redis, ['redis-server', ...flags]);
    nodes.forEach((port, index) => {
      const name = `node ${index + 1}`;
      const env = { PORT: String(port), HOST: '127.0.0.1', REDIS: `redis://127.0.0.1:${redis}`, NODE_NAME: name };
      this.#add(folder, String(index + 1), name, port, [process.execPath, CHAT], env);
    });
    this.#add(folder, 'nginx', 'nginx', site, ['nginx', '-p', folder, '-c', config]);
    await this.#parts.get('redis')?.start();
    if (this.isEnding) return;
    await Promise.all([...this.#parts.values()].filter(({ pid }) => pid === undefined).map((part) => part.start()));
    console.log(`Open http://localhost:${site}/ in several windows. The page shows which node each member is on.`);
    console.log(`What the parts write is in ${folder}\n`);
    this.#list();
    console.log(`\n${COMMANDS}\n`);
  }

  #list() {
    for (const { name, pid, port } of this.#parts.values()) {
      console.log(`  ${name.padEnd(7)}  port ${port}  ${pid === undefined ? 'does not run' : `pid ${pid}`}`);
    }
  }

  /**
   * Does what a line says.
   * @param {string} line
   */
  async obey(line) {
    const [verb = '', key = '', ...rest] = line.trim().toLowerCase().replace(/\bnode\s+(?=\d)/, '').split(/\s+/);
    if (verb === '') return;
    if (verb === 'list') return this.#list();
    if (verb === 'quit' || verb === 'exit') return this.end();
    const part = this.#parts.get(key);
    if (!['kill', 'stop', 'start'].includes(verb) || part === undefined || rest.length > 0) {
      console.log(`"${line.trim()}" is no command here\n${COMMANDS}\nNAME is one of ${[...this.#parts.keys()].join(', ')}`);
      return;
    }
    if ((verb === 'start') === (part.pid !== undefined)) {
      console.log(`${part.name} ${verb === 'start' ? `runs already (pid ${part.pid})` : 'does not run'}`);
      return;
    }
    if (verb === 'start') {
      await part.start();
      console.log(`${part.name} runs (pid ${part.pid})`);
    } else {
      await (verb === 'kill' ? part.kill() : part.stop());
      console.log(`${part.name} has ended; "start ${key}" starts it again`);
    }
  }

  /** Ends all processes, and removes the folder. */
  async end() {
    if (this.isEnding) return;
    this.isEnding = true;
    const parts = [...this.#parts.values()];
    // The nodes first: they say goodbye to each other, through Redis.
    await Promise.all(parts.filter(({ name }) => name.startsWith('node')).map((part) => part.stop()));
    await Promise.all(parts.map((part) => part.stop()));
    if (this.#folder !== undefined) fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The same when there is no time. */
  killAll() {
    for (const part of this.#parts.values()) part.kill();
  }
}

async function main() {
  checkPrograms();
  const demo = new Demo();
  const input = createInterface({ input: process.stdin });
  const end = async () => {
    input.close();
    await demo.end();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
  // Whatever ends this process, short of SIGKILL, which the guard notices.
  process.once('exit', () => demo.killAll());
  try {
    await demo.start();
  } catch (error) {
    // Ctrl-C came before everything ran.
    if (demo.isEnding) return;
    await end();
    throw error;
  }
  let last = Promise.resolve();
  input.on('line', (line) => {
    // One after the other, in the order in which they are typed.
    last = last.then(() => demo.obey(line)).catch((error) => console.log(error.message));
    if (/^\s*(quit|exit)\s*$/i.test(line)) input.close();
  });
}

main().catch((error) => {
  console.error(error instanceof DemoError ? error.message : `The demo could not be started: ${error.message}`);
  process.exitCode = 1;
});
