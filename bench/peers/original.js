// @ts-check
'use strict';

// The original: line-socket 1.0.0 on ws 2.2.2.

const serve = require('./line');

serve(require('line-socket/server'));
