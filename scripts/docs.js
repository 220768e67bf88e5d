// @ts-check
'use strict';

/**
 * Makes the documentation site: `npm run docs` writes it to `site/`, `--out FOLDER` elsewhere. What
 * typedoc warns of (a type without documentation, a link that leads nowhere) fails it.
 */

const { tool, runAll } = require('./run.js');

// Pages are made of `docs/`, the README and the published types; see `scripts/docs/typedoc.json`.
runAll([tool('typedoc/bin/typedoc', '--options', 'scripts/docs/typedoc.json', ...process.argv.slice(2))]);
