// @ts-check
'use strict';

/** Enumerations in few bytes, for the client's build for a `<script>` tag: most keys follow from their values. */

/**
 * The key of a value: `INVALID_OPTIONS` of `cInvalidOptions`, `CONNECTED` of `_connected` and of `connected`.
 * @param {string} value
 */
const keyOf = (value) => value.match(/[^_][a-z]+|[A-Z]+/g)?.join('_').toUpperCase();

/**
 * @param {string} text Values with a space between them; where the key does not follow from a value, `value=KEY`.
 * @returns {Readonly<Record<string, string>>}
 */
const enumOf = (text) =>
  Object.freeze(
    Object.fromEntries(
      text.split(' ').map((member) => {
        const [value, key = keyOf(value)] = member.split('=');
        return [key, value];
      }),
    ),
  );

module.exports = { enumOf, keyOf };
