// @ts-check
'use strict';

const LineError = require('./line-error.js');

/**
 * A text for people, as a template. The build for a `<script>` tag leaves it out, as an argument that is not given; so it
 * has to be the last argument of a call. There the message of an error is its code.
 * @param {TemplateStringsArray} parts
 * @param {unknown[]} values
 * @returns {string}
 */
const text = (parts, ...values) => String.raw({ raw: parts }, ...values);

/**
 * An error of the client.
 * @param {string} code
 * @param {any} [payload] Details.
 * @param {string} [message] The same for people.
 */
const failure = (code, payload, message = code) => new LineError(code, message, payload);

module.exports = { failure, text };
