// @ts-check
'use strict';

/**
 * Makes the documentation site: `npm run docs` writes it to `site/`, or to the folder of `--out FOLDER`. It fails on
 * every warning of typedoc, such as a type without documentation or a broken link.
 */

const { tool, runAll } = require('./run.js');

// Pages are made of `docs/`, the README and the published types; see `scripts/docs/typedoc.json`.
runAll([tool('typedoc/bin/typedoc', '--options', 'scripts/docs/typedoc.json', ...process.argv.slice(2))]);
