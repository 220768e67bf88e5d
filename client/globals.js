// @ts-check
'use strict';

/** What a page gets from a `<script>` tag: the global `LineClient`, as from the original. */

const LineClient = require('./web.js');

/** @type {any} */ (globalThis).LineClient = LineClient;
