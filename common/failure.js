// @ts-check
'use strict';

const LineError = require('./line-error.js');

/** Most characters of a value in a text for people: a peer may send names and ids that a longer text could not hold. */
const LONGEST_SHOWN = 1000;

/**
 * A value as texts for people show it.
 * @param {unknown} value
 */
function brief(value) {
  const whole = String(value);
  return whole.length > LONGEST_SHOWN ? `${whole.slice(0, LONGEST_SHOWN)}…` : whole;
}

/**
 * A text for people, as a template. The build for a `<script>` tag leaves it out, as an argument that is not given; so it
 * has to be the last argument of a call. There the message of an error is its code.
 * @param {TemplateStringsArray} parts
 * @param {unknown[]} values
 * @returns {string}
 */
const text = (parts, ...values) => String.raw({ raw: parts }, ...values.map(brief));

/**
 * An error of the client.
 * @param {string} code
 * @param {any} [payload] Details.
 * @param {string} [message] The same for people.
 */
const failure = (code, payload, message = code) => new LineError(code, message, payload);

module.exports = { brief, failure, text };
