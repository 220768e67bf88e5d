// @ts-check
'use strict';

/**
 * The types are found by the oldest resolution still in use, which reads `types` and `typesVersions` of package.json and
 * no `exports`. The programs are copied into an application, since `typesVersions` holds for packages in `node_modules`.
 */

const { it } = require('node:test');
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');
const { applicationFolder, compile } = require('../helpers/examples');

const PROGRAMS = path.join(__dirname, 'node10');

it('types are found without `exports`', (t) => {
  const folder = applicationFolder();
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const sources = fs.readdirSync(PROGRAMS).map((name) => {
    fs.copyFileSync(path.join(PROGRAMS, name), path.join(folder, name));
    return path.join(folder, name);
  });
  compile(sources, { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10, noEmit: true });
});
