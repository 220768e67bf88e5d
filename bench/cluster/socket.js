// @ts-check
'use strict';

const net = require('node:net');

/**
 * A WebSocket client that does as little as it can, so that the load leaves the machine to the servers: it takes text frames
 * apart and answers nothing by itself.
 */
class LightSocket {
  #rest = Buffer.alloc(0);
  #isOpen = false;
  /** @type {(frame: Buffer) => void} */
  onText = () => {};

  /**
   * @param {number} port
   * @param {string} path
   */
  constructor(port, path) {
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('error', () => {});
    this.socket.on('data', (data) => this.#read(data));
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n');
  }

  /** @param {Buffer} data */
  #read(data) {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data;
    let at = 0;
    if (!this.#isOpen) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return void (this.#rest = bytes);
      if (!bytes.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) return void this.socket.destroy();
      this.#isOpen = true;
      at = end + 4;
    }
    while (bytes.length - at >= 2) {
      let size = bytes[at + 1];
      let head = 2;
      if (size === 126) {
        if (bytes.length - at < 4) break;
        size = bytes.readUInt16BE(at + 2);
        head = 4;
      } else if (size === 127) {
        if (bytes.length - at < 10) break;
        size = Number(bytes.readBigUInt64BE(at + 2));
        head = 10;
      }
      const end = at + head + size;
      if (bytes.length < end) break;
      if ((bytes[at] & 15) === 1) this.onText(bytes.subarray(at + head, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }

  /** @param {string} text Shorter than 64 KiB. */
  send(text) {
    const payload = Buffer.from(text);
    // The mask is zero, which leaves the payload as it is.
    const head = payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0x80 | 126, payload.length >> 8, payload.length & 255];
    this.socket.write(Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]));
  }

  destroy() {
    this.socket.destroy();
  }
}

module.exports = { LightSocket };
