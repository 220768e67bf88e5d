// @ts-check
'use strict';

// This package, from the checkout that the benchmark is in.

const serve = require('./line');

// @ts-ignore: the original has no types, so the two have none in common.
serve(require('../..'));
