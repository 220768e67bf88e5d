// @ts-check
'use strict';

const { createHash } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const zlib = require('node:zlib');

/** The block size of tar, and where a header has what is read of it (POSIX, pax interchange format). */
const BLOCK = 512;
const SIZE = { from: 124, to: 136 };

/**
 * A file in a package.
 * @typedef {object} Entry
 * @property {string} name Without the folder `package/` that all of them are in.
 * @property {Buffer} bytes
 */

/**
 * The files in a package as npm packs it.
 * @param {string} file
 * @returns {Entry[]}
 */
function readPackage(file) {
  const tar = zlib.gunzipSync(fs.readFileSync(file));
  const entries = [];
  for (let at = 0; tar[at] !== 0; ) {
    const name = tar.toString('latin1', at, tar.indexOf(0, at));
    const size = Number.parseInt(tar.toString('latin1', at + SIZE.from, at + SIZE.to), 8);
    entries.push({ name: name.replace('package/', ''), bytes: tar.subarray(at + BLOCK, at + BLOCK + size) });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return entries;
}

/**
 * @param {string} file A package.
 * @returns {any} Its `package.json`.
 */
function manifestOf(file) {
  const entry = readPackage(file).find(({ name }) => name === 'package.json');
  return JSON.parse(String(entry?.bytes));
}

/** An npm registry on this machine: it has the packages it is given, each in one version. */
class Registry {
  /** Names of the packages that were downloaded. @type {string[]} */
  downloads = [];
  /** Names that were asked for. @type {Set<string>} */
  asked = new Set();
  /** Files by name. @type {Map<string, string>} */
  #files = new Map();
  /** Manifests by name. @type {Map<string, any>} */
  #manifests = new Map();
  #server = http.createServer((request, response) => this.#answer(String(request.url), response));

  /** @param {string} file A package. */
  add(file) {
    const manifest = manifestOf(file);
    this.#files.set(manifest.name, file);
    this.#manifests.set(manifest.name, manifest);
  }

  /**
   * Adds the package for another platform, which is never downloaded here.
   * @param {any} manifest Its `package.json`.
   */
  announce(manifest) {
    this.#manifests.set(manifest.name, manifest);
  }

  /** @returns {Promise<void>} Resolves when it listens. */
  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url() {
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${port}/`;
  }

  stop() {
    this.#server.closeAllConnections?.();
    this.#server.close();
  }

  /**
   * Answers `GET /name`, with what there is of a package, and `GET /name/-/name.tgz`.
   * @param {string} url
   * @param {http.ServerResponse} response
   */
  #answer(url, response) {
    const [name, ...rest] = url.slice(1).split('/');
    const manifest = this.#manifests.get(name);
    this.asked.add(name);
    if (manifest === undefined) {
      response.writeHead(404).end();
    } else if (rest.length > 0) {
      this.downloads.push(name);
      response.end(fs.readFileSync(/** @type {string} */ (this.#files.get(name))));
    } else {
      const { version } = manifest;
      const versions = { [version]: { ...manifest, dist: this.#dist(name) } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
    }
  }

  /** @param {string} name */
  #dist(name) {
    const file = this.#files.get(name);
    const bytes = file === undefined ? '' : fs.readFileSync(file);
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    return { tarball: `${this.url}${name}/-/${path.basename(file ?? 'none.tgz')}`, integrity };
  }
}

module.exports = { Registry, manifestOf, readPackage };
