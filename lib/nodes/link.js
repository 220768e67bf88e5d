// @ts-check
'use strict';

/**
 * What joins a running server with others.
 * @typedef {object} Link
 * @property {'connecting' | 'up' | 'down'} state
 * @property {number} requestTimeout Milliseconds that other servers have to answer.
 * @property {() => import('../../types/nodes.d.ts').NodeInfo[]} list
 * @property {(text: string, to: string | undefined, timeout: number) => Promise<import('./nodes.js').NodeAnswers>} send
 * @property {(text: string, to: string | undefined) => void} sendWithoutResponse
 */
